import type { MetricFact } from "../metric-fact.ts";

/** Room policies: which are in force, and what they refuse. */
export const policyMetrics = {
  weir_policy_revision: {
    kind: "gauge",
    unit: "count",
    emittedBy: ["gateway", "flusher"],
    help: "Revision of the room policies in force, the time of their publication in Unix ms; 0 where none were published.",
    labels: [],
    merge: "min",
  },
  weir_policy_read_failures_total: {
    kind: "counter",
    unit: "count",
    emittedBy: ["gateway", "flusher"],
    help: "Looks at the published room policies that failed; what was in force before stays.",
    labels: [],
  },
  weir_policy_refusals_total: {
    kind: "counter",
    unit: "count",
    emittedBy: ["gateway"],
    help: "Requests refused, or typing dropped, because a room policy says so, by cause.",
    labels: ["cause"],
    known: { cause: ["rate", "user_rate", "slow_mode", "size", "members", "create", "typing"] },
  },
} as const satisfies Readonly<Record<string, MetricFact>>;
