/** When a canary speaks against readiness, and when no longer. */
export interface SoundnessRules {
  /** How long ago it may have been sound last, ms. */
  readonly maxAgeMs: number;
  /** Sound rounds in a row that give readiness back. */
  readonly toReturn: number;
}

export interface Soundness {
  readonly isSound: boolean;
  /** When it was sound last, or its start, monotonic ms. */
  readonly lastAt: number;
  /** Sound rounds without one that was not between them. */
  readonly inRow: number;
}

/** Not sound before its first sound round, and one is enough then. */
export function beginUnsound({ toReturn }: SoundnessRules, at: number): Soundness {
  return { isSound: false, lastAt: at, inRow: toReturn - 1 };
}

/** One failure changes nothing, and neither does one success after many failures: a gateway must not come and go. */
export function followRound(
  rules: SoundnessRules,
  before: Soundness,
  round: { readonly isSound: boolean; readonly at: number },
): Soundness {
  if (!round.isSound) {
    const isOld = round.at - before.lastAt > rules.maxAgeMs;
    return { ...before, isSound: before.isSound && !isOld, inRow: 0 };
  }
  const inRow = before.inRow + 1;
  return { isSound: before.isSound || inRow >= rules.toReturn, lastAt: round.at, inRow };
}
