import { type Backoff, backoffDelay } from "../kernel/backoff.ts";
import { ChatError } from "../protocol/errors.ts";

/** Soon at first, since most failures are a moment long, and never so late that an outage of a minute takes two to notice. */
export const flushBackoff: Backoff = { baseMs: 100, maxMs: 3_000 };

/** Whether the log or the store could not be reached, which says nothing about the entries. */
export function isUnavailable(error: unknown): boolean {
  return error instanceof ChatError && error.code === "UNAVAILABLE";
}

/**
 * How long to wait after the failure number `attempt` (0 is the first) in a row, ms. There is no last attempt: entries stay in the
 * buffer until they are stored, and a full buffer refuses sends.
 * @param random a number in [0, 1)
 */
export function retryDelay(attempt: number, random: number): number {
  return backoffDelay(flushBackoff, attempt, random);
}
