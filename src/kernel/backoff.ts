/** How long to wait between tries: exponential with full jitter, so that many who failed together spread out. */
export interface Backoff {
  /** Upper bound of the first wait, ms. */
  readonly baseMs: number;
  /** Upper bound of any wait, ms. */
  readonly maxMs: number;
}

/**
 * The wait before try `attempt` (0 is the first retry), in ms: uniform in [bound/2, bound], where the bound doubles
 * each time. Half of it is fixed so that a retry is never immediate.
 * @param random a number in [0, 1)
 */
export function backoffDelay(backoff: Backoff, attempt: number, random: number): number {
  const bound = Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(bound / 2 + (random * bound) / 2);
}
