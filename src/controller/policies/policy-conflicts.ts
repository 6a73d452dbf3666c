import { isDeepStrictEqual } from "node:util";
import { compareRules, type NamedPolicy, type RankedRule, rulesOf } from "../../chat/room-policy.ts";
import {
  headsMeet,
  type ParsedPattern,
  parsePattern,
  patternsOverlap,
  specificityKey,
} from "../../chat/room-policy-pattern.ts";
import { policySettingNames } from "../../chat/room-policy-spec.ts";
import type { StepBudget } from "./step-budget.ts";

/** Another policy says something else of the same rooms, and nothing that people wrote decides between the two. */
export interface PolicyConflict {
  /** The other one. */
  readonly policy: string;
  readonly field: string;
  /** Which one holds. */
  readonly message: string;
}

/** The conflicts of one policy. */
export interface FoundConflicts {
  /** The first ones, at most `conflictsTold`. */
  readonly told: readonly PolicyConflict[];
  readonly count: number;
  /** Whether the policy was compared with all others; `false` where the budget of the round ended before. */
  readonly isComplete: boolean;
}

/** Conflicts told in one status. */
const conflictsTold = 32;

/**
 * The conflicts of each policy by name. A greater priority or a more specific pattern is a decision and no conflict; where both are equal and the
 * patterns can match a common room, age decides, which is seldom what anyone meant.
 */
export function conflictsAmong(
  policies: readonly NamedPolicy[],
  budget: StepBudget,
): ReadonlyMap<string, FoundConflicts> {
  const found = new Map(policies.map(({ name }) => [name, new Findings()]));
  const met = new Set<string>();
  // Small groups first, so that many patterns of one policy's author do not keep others from being compared.
  for (const equals of [...byMerits(policies).values()].toSorted((a, b) => a.length - b.length)) {
    const ranked = equals.toSorted((a, b) => compareRules(a.rule, b.rule));
    const compared = compareAll(ranked, { found, met, budget });
    for (const { rule } of ranked.slice(compared)) found.get(rule.policy.name)?.miss();
  }
  return found;
}

class Findings implements FoundConflicts {
  readonly told: PolicyConflict[] = [];
  count = 0;
  isComplete = true;

  note(conflict: PolicyConflict): void {
    this.count++;
    if (this.told.length < conflictsTold) this.told.push(conflict);
  }

  miss(): void {
    this.isComplete = false;
  }
}

interface ParsedRule {
  readonly rule: RankedRule;
  readonly pattern: ParsedPattern;
}

/** Rules of which only age and name decide which is the stronger. */
function byMerits(policies: readonly NamedPolicy[]): ReadonlyMap<string, readonly ParsedRule[]> {
  const groups = new Map<string, ParsedRule[]>();
  for (const rule of policies.flatMap(rulesOf)) {
    const key = `${rule.policy.spec.priority ?? 0} ${specificityKey(rule.room)}`;
    const group = groups.get(key) ?? [];
    group.push({ rule, pattern: parsePattern(rule.room) });
    groups.set(key, group);
  }
  return groups;
}

interface Comparing {
  readonly found: ReadonlyMap<string, Findings>;
  /** Pairs of policies that have met. Their conflicts are told once, however many of their patterns meet. */
  readonly met: Set<string>;
  readonly budget: StepBudget;
}

/**
 * Compares each rule with all weaker ones.
 * @returns how many of the rules, from the first on, were compared with all others
 */
function compareAll(ranked: readonly ParsedRule[], comparing: Comparing): number {
  for (const [i, strong] of ranked.entries())
    for (let j = i + 1; j < ranked.length; j++) {
      const weak = ranked[j];
      if (weak === undefined || strong.rule.policy === weak.rule.policy) continue;
      if (!compare(strong, weak, comparing)) return i;
    }
  return ranked.length;
}

/** @returns `false` where the budget ended first */
function compare(strong: ParsedRule, weak: ParsedRule, { found, met, budget }: Comparing): boolean {
  const isNear = headsMeet(strong.pattern, weak.pattern);
  if (!budget.take(isNear ? strong.pattern.parts.length : 1)) return false;
  if (!isNear || !patternsOverlap(strong.pattern, weak.pattern)) return true;
  const key = `${strong.rule.policy.name} ${weak.rule.policy.name}`;
  if (met.has(key)) return true;
  met.add(key);
  if (!budget.take(stepsOfConflicts)) return false;
  noteConflicts(strong.rule, weak.rule, found);
  return true;
}

/** Steps of comparing the settings of two policies, and of telling how they differ. */
const stepsOfConflicts = 50;

function noteConflicts(strong: RankedRule, weak: RankedRule, found: ReadonlyMap<string, Findings>): void {
  const [ours, theirs] = [strong.policy, weak.policy];
  const rooms = strong.room === weak.room ? strong.room : `what ${strong.room} and ${weak.room} both match`;
  for (const field of policySettingNames) {
    if (!differ(ours.spec[field], theirs.spec[field])) continue;
    const told = `this one holds in ${rooms}, being older than "${theirs.name}"`;
    found.get(ours.name)?.note({ policy: theirs.name, field, message: told });
    found
      .get(theirs.name)
      ?.note({ policy: ours.name, field, message: `"${ours.name}" holds in ${rooms}, being older` });
  }
}

function differ(a: unknown, b: unknown): boolean {
  return a !== undefined && b !== undefined && !isDeepStrictEqual(a, b);
}
