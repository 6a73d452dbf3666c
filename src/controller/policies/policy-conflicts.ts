import { isDeepStrictEqual } from "node:util";
import { compareMerits, compareRules, type NamedPolicy, type RankedRule, rulesOf } from "../../chat/room-policy.ts";
import { patternsOverlap } from "../../chat/room-policy-pattern.ts";

/** Another policy says something else of the same rooms, and nothing that people wrote decides between the two. */
export interface PolicyConflict {
  /** The other one. */
  readonly policy: string;
  readonly field: string;
  /** Which one holds. */
  readonly message: string;
}

const fields = [
  "rate",
  "userRate",
  "slowModeSeconds",
  "retentionSeconds",
  "textMaxBytes",
  "maxMembers",
  "ephemeral",
  "create",
] as const;

/**
 * The conflicts of each policy by name. A greater priority or a more specific pattern is a decision and no conflict; where both are equal and the
 * patterns can match a common room, age decides, which is seldom what anyone meant.
 */
export function conflictsAmong(policies: readonly NamedPolicy[]): ReadonlyMap<string, readonly PolicyConflict[]> {
  const found = new Map<string, PolicyConflict[]>();
  const note = (name: string, conflict: PolicyConflict): void => {
    found.set(name, [...(found.get(name) ?? []), conflict]);
  };
  for (const [i, one] of policies.entries())
    for (const other of policies.slice(i + 1))
      for (const { winner, loser, field, rooms } of conflictsBetween(one, other)) {
        note(winner, { policy: loser, field, message: `this one holds in ${rooms}, being older than "${loser}"` });
        note(loser, { policy: winner, field, message: `"${winner}" holds in ${rooms}, being older` });
      }
  return found;
}

interface Conflict {
  readonly winner: string;
  readonly loser: string;
  readonly field: string;
  /** The patterns, for people. */
  readonly rooms: string;
}

function conflictsBetween(one: NamedPolicy, other: NamedPolicy): Conflict[] {
  const differing = fields.filter((field) => differ(one.spec[field], other.spec[field]));
  const pair = differing.length === 0 ? undefined : equalRules(one, other);
  if (pair === undefined) return [];
  const [strong, weak] = pair;
  const rooms = strong.room === weak.room ? strong.room : `what ${strong.room} and ${weak.room} both match`;
  return differing.map((field) => ({ winner: strong.policy.name, loser: weak.policy.name, field, rooms }));
}

function differ(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && !isDeepStrictEqual(a, b);
}

/** Two rules that can match a common room and have the same merits, the stronger first. */
function equalRules(one: NamedPolicy, other: NamedPolicy): readonly [RankedRule, RankedRule] | undefined {
  for (const a of rulesOf(one))
    for (const b of rulesOf(other))
      if (compareMerits(a, b) === 0 && patternsOverlap(a.room, b.room)) return compareRules(a, b) < 0 ? [a, b] : [b, a];
  return undefined;
}
