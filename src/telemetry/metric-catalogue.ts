import { backendMetrics } from "./catalogue/backend-metrics.ts";
import { canaryMetrics } from "./catalogue/canary-metrics.ts";
import { connectionMetrics } from "./catalogue/connection-metrics.ts";
import { controllerMetrics } from "./catalogue/controller-metrics.ts";
import { deliveryMetrics } from "./catalogue/delivery-metrics.ts";
import { policyMetrics } from "./catalogue/policy-metrics.ts";
import { processMetrics } from "./catalogue/process-metrics.ts";
import { requestMetrics } from "./catalogue/request-metrics.ts";
import { writeBehindMetrics } from "./catalogue/write-behind-metrics.ts";
import type { MetricFact } from "./metric-fact.ts";

/** Every metric of Weir by name. */
export const metricCatalogue = {
  ...connectionMetrics,
  ...requestMetrics,
  ...deliveryMetrics,
  ...canaryMetrics,
  ...policyMetrics,
  ...writeBehindMetrics,
  ...backendMetrics,
  ...controllerMetrics,
  ...processMetrics,
} as const;

export type MetricName = keyof typeof metricCatalogue;
type OfKind<K extends MetricFact["kind"]> = {
  [N in MetricName]: (typeof metricCatalogue)[N]["kind"] extends K ? N : never;
}[MetricName];
export type CounterName = OfKind<"counter">;
export type GaugeName = OfKind<"gauge">;
export type HistogramName = OfKind<"histogram">;
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof metricCatalogue)[N]["labels"][number], string>>;
