import { Counter, Gauge, type Metric, Trend } from "k6/metrics";
import { type LoadMetric, type LoadMetricName, loadMetrics } from "../lib/load-metrics.ts";
import type { Meter } from "../lib/meter.ts";

/** To be called while k6 reads the script: it takes no new metric later. */
export function createMeter(): Meter {
  const metrics = new Map<string, Metric>(
    Object.entries(loadMetrics).map(([name, fact]) => [name, metricOf(name, fact)]),
  );
  return (name: LoadMetricName, value: number): void => {
    metrics.get(name)?.add(value);
  };
}

function metricOf(name: string, { kind, isTime }: LoadMetric): Metric {
  if (kind === "counter") return new Counter(name);
  return kind === "gauge" ? new Gauge(name) : new Trend(name, isTime === true);
}
