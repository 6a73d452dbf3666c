import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "./metrics.ts";

const nanosecondsPerSecond = 1e9;

/** Reports the event-loop delay since the last scrape. Node samples it natively; this costs nothing between scrapes. */
export function measureLoopDelay(metrics: Metrics): void {
  const histogram = monitorEventLoopDelay({ resolution: 10 });
  histogram.enable();
  metrics.beforeScrape(() => {
    metrics.set("weir_loop_delay_seconds", { quantile: "0.5" }, histogram.percentile(50) / nanosecondsPerSecond);
    metrics.set("weir_loop_delay_seconds", { quantile: "0.99" }, histogram.percentile(99) / nanosecondsPerSecond);
    metrics.set("weir_loop_delay_seconds", { quantile: "1" }, histogram.max / nanosecondsPerSecond);
    histogram.reset();
  });
}
