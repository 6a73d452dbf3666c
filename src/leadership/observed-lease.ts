import type { LeaseRecord } from "./lease.ts";

/**
 * What a candidate knows: the record, and when it first saw it in this form by its own monotonic clock. Times of other machines
 * play no part: a record is old when *this* process has watched it unchanged for as long as its holder asked for.
 */
export interface ObservedLease {
  readonly record: LeaseRecord;
  readonly since: number;
}

/** What is known after one more read at monotonic time `now`. */
export function observe(before: ObservedLease | undefined, record: LeaseRecord, now: number): ObservedLease {
  return before?.record.version === record.version ? before : { record, since: now };
}

/** How long others still have to wait for a change, ms; 0 or less when the time is over. */
export function remaining({ record, since }: ObservedLease, now: number): number {
  return since + record.durationMs - now;
}

/** Whether `identity` may write itself in as the holder. Its own old record, or a released one, needs no waiting. */
export function isTakeable(observed: ObservedLease, identity: string, now: number): boolean {
  const { holder } = observed.record;
  return holder === "" || holder === identity || remaining(observed, now) <= 0;
}
