import { type MetricFact, secondsBuckets } from "../metric-fact.ts";

const legs = ["connect", "join", "send", "deliver", "stored", "history", "peer"] as const;

/** What a gateway's own message tells of the way that every message goes. */
export const canaryMetrics = {
  weir_canary_seconds: {
    kind: "histogram",
    unit: "seconds",
    emittedBy: ["gateway"],
    help: "Time of each leg of the canary's way that it came through: connect, join, send (to the acknowledgement), deliver (from the send to the arrival here), stored (from the acknowledgement to the word that the store has it), history (read back from there), peer (to the canary of another gateway and back, on this process's clock).",
    labels: ["leg"],
    buckets: secondsBuckets,
    known: { leg: legs },
  },
  weir_canary_failures_total: {
    kind: "counter",
    unit: "count",
    emittedBy: ["gateway"],
    help: "Legs of the canary's way that came to nothing, by cause: refused (this gateway said no, with a reason that it gives every client) or broken (no connection, no answer, no delivery, or an answer that makes no sense).",
    labels: ["leg", "cause"],
    known: { leg: legs, cause: ["refused", "broken"] },
  },
  weir_canary_age_seconds: {
    kind: "gauge",
    unit: "seconds",
    emittedBy: ["gateway"],
    help: "Since the canary last came through, or since the start, by part: live (connect to deliver) or stored (all of it). Absent where there is no canary.",
    merge: "max",
    labels: ["part"],
  },
} as const satisfies Readonly<Record<string, MetricFact>>;
