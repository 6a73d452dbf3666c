import type { Clock } from "../kernel/clock.ts";
import type { LoopReading } from "./loop-delay.ts";

/** Between two readings, ms. */
const everyMs = 200;
/** How much of the newest reading goes into the mean: one late turn is forgotten within a second. */
const newest = 0.3;

/** How late the event loop was lately, ms: the mean of the worst of each sample. Asking costs nothing. */
export function recentLoopDelay(read: () => LoopReading, clock: Clock): () => number {
  let mean = 0;
  const sample = (): void => {
    mean += newest * (read().delayMs - mean);
    clock.schedule(everyMs, sample);
  };
  clock.schedule(everyMs, sample);
  return () => mean;
}
