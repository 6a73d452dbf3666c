import { type Backoff, backoffDelay } from "../kernel/backoff.ts";

/** The first is replaced at once; one that ends again and again must not keep the machine busy with starting it. */
const backoff: Backoff = { baseMs: 200, maxMs: 30_000 };
/** A worker that lived this long clears the memory of earlier ends, ms. */
const stableMs = 60_000;

export interface Restart {
  /** Ends in a row, this one included. */
  readonly failures: number;
  /** How long to wait, ms. */
  readonly delayMs: number;
}

/**
 * When to replace a worker that has ended.
 * @param failures ends in a row before this one
 * @param random a number in [0, 1)
 */
export function planRestart(failures: number, livedMs: number, random: number): Restart {
  const before = livedMs >= stableMs ? 0 : failures;
  return { failures: before + 1, delayMs: backoffDelay(backoff, before, random) };
}
