import type { Clock } from "../kernel/clock.ts";

/** Between two readings, ms. */
const everyMs = 100;
/** How much of the newest reading goes into the mean: a late turn of the loop is forgotten within a second or two. */
const newest = 0.25;

/**
 * How late the event loop runs what is due, ms: a mean of the last readings of a timer's lateness. Ten readings a second cost nothing
 * to speak of, which can't be said of a native histogram for each who wants to know.
 */
export function recentLoopDelay(clock: Clock): () => number {
  let mean = 0;
  let dueAt = 0;
  const next = (): void => {
    dueAt = clock.monotonic() + everyMs;
    clock.schedule(everyMs, read);
  };
  const read = (): void => {
    mean += newest * (Math.max(0, clock.monotonic() - dueAt) - mean);
    next();
  };
  next();
  return () => mean;
}
