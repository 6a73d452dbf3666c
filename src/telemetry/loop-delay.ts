import { type EventLoopUtilization, monitorEventLoopDelay, performance } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

const nanosecondsPerMs = 1e6;
const msPerSecond = 1_000;
/** Between two looks of the native timer, ms. What it reports holds this much of its own, which is no delay. */
const resolutionMs = 10;

type LoopHistogram = ReturnType<typeof monitorEventLoopDelay>;

function startHistogram(): LoopHistogram {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  return histogram;
}

/** What the timer was late, ms. */
function delayMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / nanosecondsPerMs - resolutionMs);
}

/** Reports the event-loop delay since the last scrape. Node samples it natively; this costs nothing between scrapes. */
export function measureLoopDelay(metrics: Metrics): void {
  const histogram = startHistogram();
  const set = (quantile: string, nanoseconds: number): void =>
    metrics.set("weir_loop_delay_seconds", { quantile }, delayMs(nanoseconds) / msPerSecond);
  metrics.beforeScrape(() => {
    set("0.5", histogram.percentile(50));
    set("0.99", histogram.percentile(99));
    set("1", histogram.max);
    histogram.reset();
  });
}

/** How the event loop did since the last reading. */
export interface LoopReading {
  /** The 99th percentile of its delay, ms. */
  readonly delayMs: number;
  /** Share of the time in which it was busy, 0 to 1. */
  readonly busy: number;
}

/** A reading of its own for each who looks, since each reading begins a new one. */
export function createLoopMeter(): () => LoopReading {
  const histogram = startHistogram();
  let before: EventLoopUtilization = performance.eventLoopUtilization();
  return () => {
    const now = performance.eventLoopUtilization();
    const reading = {
      delayMs: histogram.count === 0 ? 0 : delayMs(histogram.percentile(99)),
      busy: performance.eventLoopUtilization(now, before).utilization,
    };
    before = now;
    histogram.reset();
    return reading;
  };
}
