import { parseJson } from "../kernel/parse-json.ts";
import { matchesRoom } from "./room-match.ts";
import { isPolicySettings } from "./room-policy-check.ts";
import { compareSpecificity, isRoomPattern } from "./room-policy-pattern.ts";
import type { PolicySettings, RoomPolicySpec } from "./room-policy-spec.ts";

/** One pattern of one policy, and what holds in the rooms that it matches. */
export interface PolicyRule {
  readonly room: string;
  /** Name of the policy, for people. */
  readonly policy: string;
  readonly settings: PolicySettings;
}

/** The policies of a deployment as gateways apply them. */
export interface PolicyDocument {
  /** The strongest first: of those that match a room, the first that sets a field decides it. */
  readonly rules: readonly PolicyRule[];
}

/** Bounds of a document: it is read by every gateway at each change, and walked for each room once. */
export const policyLimits = { rules: 1_000, bytes: 262_144 } as const;

export const noPolicies: PolicyDocument = { rules: [] };

/** A policy with what decides between it and others. */
export interface NamedPolicy {
  readonly name: string;
  /** Unix ms. */
  readonly createdAt: number;
  readonly spec: RoomPolicySpec;
}

/** A rule with what decides its place among others. */
export interface RankedRule {
  readonly policy: NamedPolicy;
  readonly room: string;
}

/**
 * The order of precedence: the greater priority; then the more specific pattern; then the older policy; then the name that sorts first.
 * Total: 0 for the same pattern of the same policy only.
 */
export function compareRules(a: RankedRule, b: RankedRule): number {
  return compareMerits(a, b) || compareOrigins(a.policy, b.policy);
}

/** The part of the precedence that people write: 0 where only age and name decide. */
function compareMerits(a: RankedRule, b: RankedRule): number {
  const { priority: ours = 0 } = a.policy.spec;
  const { priority: theirs = 0 } = b.policy.spec;
  return theirs - ours || compareSpecificity(a.room, b.room);
}

function compareOrigins(a: NamedPolicy, b: NamedPolicy): number {
  if (a.createdAt !== b.createdAt) return a.createdAt - b.createdAt;
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

export function rulesOf(policy: NamedPolicy): RankedRule[] {
  return policy.spec.rooms.map((room) => ({ policy, room }));
}

/** All rules of the policies, by precedence. The order in which they are given changes nothing. */
export function documentOf(policies: readonly NamedPolicy[]): PolicyDocument {
  const ranked = policies.flatMap(rulesOf).toSorted((a, b) => compareRules(a, b) || compareTexts(a.room, b.room));
  return {
    rules: ranked.map(({ policy, room }) => ({ room, policy: policy.name, settings: settingsOf(policy.spec) })),
  };
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function settingsOf({ rooms: _rooms, priority: _priority, ...settings }: RoomPolicySpec): PolicySettings {
  return settings;
}

/** What the rules together say of a room, field by field; a field that none of them sets is absent. */
export function policyFor(rules: readonly PolicyRule[], room: string): PolicySettings {
  const matching = rules.filter((rule) => matchesRoom(rule.room, room));
  return matching.reduceRight<PolicySettings>((weaker, { settings }) => over(settings, weaker), {});
}

function over(stronger: PolicySettings, weaker: PolicySettings): PolicySettings {
  if (stronger.ephemeral === undefined || weaker.ephemeral === undefined) return { ...weaker, ...stronger };
  return { ...weaker, ...stronger, ephemeral: { ...weaker.ephemeral, ...stronger.ephemeral } };
}

/** Reads a document as it was published; undefined where it is none, or is over its limits. */
export function parsePolicyDocument(text: string): PolicyDocument | undefined {
  if (text.length > policyLimits.bytes) return undefined;
  const document = parseJson(text);
  return isDocument(document) ? document : undefined;
}

function isDocument(value: unknown): value is PolicyDocument {
  if (typeof value !== "object" || value === null || !("rules" in value)) return false;
  const { rules } = value;
  return Array.isArray(rules) && rules.length <= policyLimits.rules && rules.every(isRule);
}

function isRule(value: unknown): value is PolicyRule {
  if (typeof value !== "object" || value === null) return false;
  const { room, policy, settings }: { room?: unknown; policy?: unknown; settings?: unknown } = value;
  return typeof room === "string" && isRoomPattern(room) && typeof policy === "string" && isPolicySettings(settings);
}
