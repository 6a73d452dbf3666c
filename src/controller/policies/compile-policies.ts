import { matchesRoom } from "../../chat/room-match.ts";
import { documentOf, type NamedPolicy, type PolicyDocument, policyLimits, rulesOf } from "../../chat/room-policy.ts";
import { faultInPolicy, isRoomPolicySpec } from "../../chat/room-policy-check.ts";
import { policySettingNames } from "../../chat/room-policy-spec.ts";
import { conflictsAmong, type FoundConflicts, type PolicyConflict } from "./policy-conflicts.ts";
import { StepBudget } from "./step-budget.ts";

/** A ChatRoomPolicy as the API has it. */
export interface PolicyResource {
  readonly name: string;
  /** Unix ms. */
  readonly createdAt: number;
  readonly spec: unknown;
}

/** A condition without its times. */
export interface PolicyCondition {
  readonly type: "Accepted" | "Conflicted";
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** What is to be said of one resource. */
export interface PolicyStatus {
  readonly name: string;
  /** It is part of the document. */
  readonly accepted: boolean;
  readonly conditions: readonly PolicyCondition[];
  /** The first ones; empty for what is not accepted. */
  readonly conflicts: readonly PolicyConflict[];
  /** Active rooms that it decides something for; absent where they are not known or too many to count, or it is not accepted. */
  readonly matchedRooms?: number;
}

export interface PoliciesToCompile {
  readonly resources: readonly PolicyResource[];
  /** Rooms with members, where they are known. */
  readonly activeRooms?: readonly string[];
}

export interface CompiledPolicies {
  readonly document: PolicyDocument;
  /** One for each resource, in their order. */
  readonly statuses: readonly PolicyStatus[];
}

/** Letters of patterns that are compared with rooms to count them in one round: at most about a second. */
const matchLettersMax = 10_000_000;

/** Steps of looking for conflicts in one round, enough for 1,000 policies of one plain pattern each: at most about a second. */
const conflictSteps = 2_000_000;

/**
 * What gateways are to apply, and what is to be said of each resource. One that is wrong is left out; of those that are more than a
 * document may hold, the youngest are left out. Pure: the same resources in any order give the same document.
 */
export function compilePolicies({ resources, activeRooms }: PoliciesToCompile): CompiledPolicies {
  const valid = resources.flatMap(({ name, createdAt, spec }) =>
    isRoomPolicySpec(spec) ? { name, createdAt, spec } : [],
  );
  const accepted = fitting(valid.toSorted(byAge));
  const document = documentOf(accepted);
  const conflicts = conflictsAmong(accepted, new StepBudget(conflictSteps));
  const matched = countMatched(document, activeRooms);
  const statuses = resources.map(({ name, spec }): PolicyStatus => {
    const own = conflicts.get(name);
    if (own === undefined) return { name, accepted: false, conflicts: [], conditions: [refusal(spec)] };
    const rooms = matched === undefined ? {} : { matchedRooms: matched.get(name) ?? 0 };
    const conditions = [acceptance, judgeConflicts(own)];
    return { name, accepted: true, conditions, conflicts: own.told, ...rooms };
  });
  return { document, statuses };
}

function byAge(a: NamedPolicy, b: NamedPolicy): number {
  return a.createdAt - b.createdAt || (a.name < b.name ? -1 : 1);
}

/** As many of them, from the first on, as a document may hold; a small one may still fit where a large one does not. */
function fitting(policies: readonly NamedPolicy[]): NamedPolicy[] {
  const taken: NamedPolicy[] = [];
  let rules = 0;
  let bytes = JSON.stringify(documentOf([])).length;
  for (const policy of policies) {
    const size = JSON.stringify(documentOf([policy]).rules).length;
    const count = rulesOf(policy).length;
    if (rules + count > policyLimits.rules || bytes + size > policyLimits.bytes) continue;
    taken.push(policy);
    rules += count;
    bytes += size;
  }
  return taken;
}

const acceptance: PolicyCondition = {
  type: "Accepted",
  status: "True",
  reason: "Compiled",
  message: "It is among the policies that gateways apply.",
};

function refusal(spec: unknown): PolicyCondition {
  const fault = faultInPolicy(spec);
  const limits = `all policies together may have ${policyLimits.rules} patterns and ${policyLimits.bytes} bytes`;
  return {
    type: "Accepted",
    status: "False",
    reason: fault === undefined ? "OverLimit" : "Invalid",
    message: fault === undefined ? `There is no room for it: ${limits}; older ones go first.` : fault.slice(0, 1_000),
  };
}

function judgeConflicts({ told: [first], count, isComplete }: FoundConflicts): PolicyCondition {
  const type = "Conflicted";
  if (first === undefined && !isComplete)
    return { type, status: "Unknown", reason: "NotLookedAt", message: notLookedAt };
  if (first === undefined)
    return { type, status: "False", reason: "NoConflict", message: "No other policy is its equal." };
  const more = count > 1 ? `, and ${count - 1} more` : "";
  const rest = isComplete ? "" : "; it was not compared with all others";
  const message = `${first.field}: ${first.message}`.slice(0, 900);
  return { type, status: "True", reason: "DecidedByAge", message: `${message}${more}${rest}` };
}

const notLookedAt =
  "It is applied, and was not compared with all other policies: together they have more patterns alike than one round compares. Fewer or more specific patterns end this.";

/** How many rooms each policy sets a field for; undefined where to find out would take too long. */
function countMatched(
  { rules }: PolicyDocument,
  rooms: readonly string[] | undefined,
): ReadonlyMap<string, number> | undefined {
  const letters = rules.reduce((sum, { room }) => sum + room.length, 0);
  if (rooms === undefined || rooms.length * letters > matchLettersMax) return undefined;
  const counts = new Map<string, number>();
  for (const room of new Set(rooms))
    for (const policy of decidersOf(room, rules)) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  return counts;
}

/** The policies that set a field in a room before a weaker rule does. */
function decidersOf(room: string, rules: PolicyDocument["rules"]): ReadonlySet<string> {
  const open = new Set<string>(policySettingNames);
  const deciders = new Set<string>();
  for (const rule of rules) {
    if (!matchesRoom(rule.room, room)) continue;
    for (const field of Object.keys(rule.settings)) if (open.delete(field)) deciders.add(rule.policy);
    if (open.size === 0) break;
  }
  return deciders;
}
