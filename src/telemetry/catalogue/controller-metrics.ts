import type { MetricFact } from "../metric-fact.ts";

/** What the controller sees and does. The gauges of the platform come from the one that leads. */
export const controllerMetrics = {
  weir_informer_age_seconds: {
    kind: "gauge",
    unit: "seconds",
    emittedBy: ["controller"],
    help: "Since when the controller's view of a kind of object is not known to be current; about a minute where nothing changes.",
    absentUntilSet: true,
    labels: ["resource"],
  },
  weir_platform_condition: {
    kind: "gauge",
    unit: "count",
    emittedBy: ["controller"],
    help: "Conditions of the ChatPlatform: 1 true, 0 false, -1 unknown.",
    labels: ["condition"],
  },
  weir_platform_gateways: {
    kind: "gauge",
    unit: "count",
    emittedBy: ["controller"],
    help: "Gateway pods by phase: starting, ready, unready or leaving.",
    labels: ["phase"],
  },
  weir_platform_counts_unknown: {
    kind: "gauge",
    unit: "count",
    emittedBy: ["controller"],
    help: "Gateway pods that may hold clients and do not say how many.",
    absentUntilSet: true,
    labels: [],
  },
  weir_deletion_cost_writes_total: {
    kind: "counter",
    unit: "count",
    emittedBy: ["controller"],
    help: "Marks on gateway pods for a scale-in, by result; a conflict is another owner of the mark.",
    labels: ["result"],
    known: { result: ["ok", "conflict", "error"] },
  },
  weir_reconciles_total: {
    kind: "counter",
    unit: "count",
    emittedBy: ["controller"],
    help: "Rounds of the leading controller, by loop (platform or policies) and result.",
    labels: ["loop", "result"],
    known: { loop: ["platform", "policies"], result: ["ok", "error"] },
  },
  weir_custom_metrics_requests_total: {
    kind: "counter",
    unit: "count",
    emittedBy: ["controller"],
    help: "Requests to the custom metrics API by the code of their answer; 503 where a count is not known.",
    labels: ["code"],
    known: { code: ["200", "503"] },
  },
} as const satisfies Readonly<Record<string, MetricFact>>;
