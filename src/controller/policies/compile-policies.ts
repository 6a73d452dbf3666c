import { roomMatcher } from "../../chat/grant.ts";
import {
  documentOf,
  type NamedPolicy,
  type PolicyDocument,
  type PolicyRule,
  policyLimits,
  rulesOf,
} from "../../chat/room-policy.ts";
import { faultInPolicy, isRoomPolicySpec } from "../../chat/room-policy-check.ts";
import { conflictsAmong, type PolicyConflict } from "./policy-conflicts.ts";

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
  readonly status: "True" | "False";
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

/** Pairs of a rule and a room that are compared to count rooms: some tenths of a second. */
const comparisonsMax = 2_000_000;

/** Conflicts told in one status. */
const conflictsTold = 32;

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
  const conflicts = conflictsAmong(accepted);
  const matched = countMatched(document, activeRooms);
  const names = new Set(accepted.map(({ name }) => name));
  const statuses = resources.map(({ name, spec }): PolicyStatus => {
    if (!names.has(name)) return { name, accepted: false, conflicts: [], conditions: [refusal(spec)] };
    const own = conflicts.get(name) ?? [];
    const rooms = matched === undefined ? {} : { matchedRooms: matched.get(name) ?? 0 };
    const conditions = [acceptance, judgeConflicts(own)];
    return { name, accepted: true, conditions, conflicts: own.slice(0, conflictsTold), ...rooms };
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

function judgeConflicts(conflicts: readonly PolicyConflict[]): PolicyCondition {
  const [first] = conflicts;
  if (first === undefined)
    return { type: "Conflicted", status: "False", reason: "NoConflict", message: "No other policy is its equal." };
  const more = conflicts.length > 1 ? `, and ${conflicts.length - 1} more` : "";
  const message = `${first.field}: ${first.message}${more}`.slice(0, 1_000);
  return { type: "Conflicted", status: "True", reason: "DecidedByAge", message };
}

/** How many rooms each policy sets a field for; undefined where to find out would take too long. */
function countMatched(
  { rules }: PolicyDocument,
  rooms: readonly string[] | undefined,
): ReadonlyMap<string, number> | undefined {
  if (rooms === undefined || rooms.length * rules.length > comparisonsMax) return undefined;
  const counts = new Map<string, number>();
  const matching = roomMatcher(rules.map(({ room }) => room));
  for (const room of new Set(rooms)) {
    const found = matching(room).flatMap((i) => rules[i] ?? []);
    for (const policy of decidersOf(found)) counts.set(policy, (counts.get(policy) ?? 0) + 1);
  }
  return counts;
}

/** The policies that set a field before a weaker rule does. */
function decidersOf(matching: readonly PolicyRule[]): ReadonlySet<string> {
  const decided = matching
    .toReversed()
    .flatMap(({ policy, settings }) => Object.keys(settings).map((field) => [field, policy] as const));
  return new Set(new Map(decided).values());
}
