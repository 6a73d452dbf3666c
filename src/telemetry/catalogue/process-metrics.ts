import type { MetricFact } from "../metric-fact.ts";

/** Bounds that have no metric of their own, most of them of lines and memories. */
const caps = [
  "store_reads_waiting",
  "page_bytes",
  "dead_letters",
  "rate_buckets",
  "room_rates",
  "held_entries",
  "policy_rooms",
  "seen_rooms",
  "sent_away",
  "token_lifetime",
  "message_reactions",
] as const;

/** What every process says of itself. */
export const processMetrics = {
  weir_build_info: {
    kind: "gauge",
    unit: "count",
    emittedBy: ["gateway", "primary", "flusher", "controller"],
    help: "Always 1; the labels say what runs here.",
    merge: "max",
    labels: ["version", "role"],
  },
  weir_memory_limit_bytes: {
    kind: "gauge",
    unit: "bytes",
    emittedBy: ["gateway"],
    help: "Memory that this process may use, by which it sheds load; of several workers, what they may use together. Absent where no limit is known.",
    absentUntilSet: true,
    labels: [],
  },
  weir_cap_reached_total: {
    kind: "counter",
    unit: "count",
    emittedBy: ["gateway", "flusher"],
    help: "How often something was refused or forgotten because as much was there as may be, by cap; docs/operations.md says what each does.",
    labels: ["cap"],
    known: { cap: caps },
  },
  weir_loop_delay_seconds: {
    kind: "gauge",
    unit: "seconds",
    emittedBy: ["gateway", "primary", "flusher", "controller"],
    help: "Event-loop delay over the last sample, by quantile.",
    merge: "max",
    labels: ["quantile"],
  },
} as const satisfies Readonly<Record<string, MetricFact>>;
