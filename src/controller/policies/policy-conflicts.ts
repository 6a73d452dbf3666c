import { isDeepStrictEqual } from "node:util";
import { compareRules, type NamedPolicy, type RankedRule, rulesOf } from "../../chat/room-policy.ts";
import { patternsOverlap, specificityKey } from "../../chat/room-policy-pattern.ts";
import { policySettingNames } from "../../chat/room-policy-spec.ts";

/** Another policy says something else of the same rooms, and nothing that people wrote decides between the two. */
export interface PolicyConflict {
  /** The other one. */
  readonly policy: string;
  readonly field: string;
  /** Which one holds. */
  readonly message: string;
}

/**
 * The conflicts of each policy by name. A greater priority or a more specific pattern is a decision and no conflict; where both are equal and the
 * patterns can match a common room, age decides, which is seldom what anyone meant.
 */
export function conflictsAmong(policies: readonly NamedPolicy[]): ReadonlyMap<string, readonly PolicyConflict[]> {
  const found = new Map<string, PolicyConflict[]>();
  const note = (name: string, conflict: PolicyConflict): void => {
    const known = found.get(name) ?? [];
    known.push(conflict);
    found.set(name, known);
  };
  const met = new Set<string>();
  for (const equals of byMerits(policies).values())
    for (const [strong, weak] of overlapping(equals.toSorted(compareRules), met))
      for (const { winner, loser, field, rooms } of conflictsBetween(strong, weak)) {
        note(winner, { policy: loser, field, message: `this one holds in ${rooms}, being older than "${loser}"` });
        note(loser, { policy: winner, field, message: `"${winner}" holds in ${rooms}, being older` });
      }
  return found;
}

/** Rules of which only age and name decide which is the stronger. */
function byMerits(policies: readonly NamedPolicy[]): ReadonlyMap<string, readonly RankedRule[]> {
  const groups = new Map<string, RankedRule[]>();
  for (const rule of policies.flatMap(rulesOf)) {
    const key = `${rule.policy.spec.priority ?? 0} ${specificityKey(rule.room)}`;
    const group = groups.get(key) ?? [];
    group.push(rule);
    groups.set(key, group);
  }
  return groups;
}

/** Pairs that can match a common room, the stronger first; at most one for each two policies, of those that have not met before. */
function overlapping(ranked: readonly RankedRule[], met: Set<string>): (readonly [RankedRule, RankedRule])[] {
  const pairs: (readonly [RankedRule, RankedRule])[] = [];
  for (const [i, strong] of ranked.entries())
    for (const weak of ranked.slice(i + 1)) {
      if (strong.policy === weak.policy || !mayOverlap(strong.room, weak.room)) continue;
      const key = `${strong.policy.name} ${weak.policy.name}`;
      if (met.has(key) || !patternsOverlap(strong.room, weak.room)) continue;
      met.add(key);
      pairs.push([strong, weak]);
    }
  return pairs;
}

/** False where what comes before the first star differs already. */
function mayOverlap(a: string, b: string): boolean {
  const [ours, theirs] = [a, b].map((pattern) => pattern.split("*", 1)[0] ?? "");
  return ours === undefined || theirs === undefined || ours.startsWith(theirs) || theirs.startsWith(ours);
}

interface Conflict {
  readonly winner: string;
  readonly loser: string;
  readonly field: string;
  /** The patterns, for people. */
  readonly rooms: string;
}

function conflictsBetween(strong: RankedRule, weak: RankedRule): Conflict[] {
  const [ours, theirs] = [strong.policy, weak.policy];
  const rooms = strong.room === weak.room ? strong.room : `what ${strong.room} and ${weak.room} both match`;
  return policySettingNames
    .filter((field) => differ(ours.spec[field], theirs.spec[field]))
    .map((field) => ({ winner: ours.name, loser: theirs.name, field, rooms }));
}

function differ(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && !isDeepStrictEqual(a, b);
}
