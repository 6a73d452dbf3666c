export interface LoadMetric {
  readonly kind: "counter" | "gauge" | "trend";
  /** A trend of milliseconds, which k6 shows as times and writes to Prometheus in seconds. */
  readonly isTime?: true;
  readonly help: string;
}

/** What the load tests measure, by the name that k6 gives it. */
export const loadMetrics = {
  chat_handshakes: { kind: "counter", help: "connections to the namespace that went through" },
  chat_handshake_failures: { kind: "counter", help: "handshakes that were refused or came to nothing" },
  chat_handshake_duration: { kind: "trend", isTime: true, help: "from dialling until the namespace takes the client" },
  chat_delivery_duration: { kind: "trend", isTime: true, help: "from the send to its arrival at a member" },
  chat_ack_duration: { kind: "trend", isTime: true, help: "from the send to its answer" },
  chat_sent: { kind: "counter", help: "messages that were sent, retries not counted" },
  chat_accepted: { kind: "counter", help: "sends that were acknowledged" },
  chat_refused: { kind: "counter", help: "sends that were refused for good" },
  chat_unanswered: { kind: "counter", help: "sends without any answer" },
  chat_stored: { kind: "counter", help: "accepted, and found in the history where the answer said" },
  chat_delivered: { kind: "counter", help: "entries that were pushed to members" },
  chat_lost: { kind: "counter", help: "accepted, and not in the history" },
  chat_missing: { kind: "counter", help: "entries that a member was in the room for and has not got" },
  chat_duplicated: { kind: "counter", help: "entries that came twice to a member" },
  chat_stored_twice: { kind: "counter", help: "found in the history at another place than the answer said" },
  chat_out_of_order: { kind: "counter", help: "entries that came after a later one" },
  chat_unread: { kind: "counter", help: "accepted, in rooms whose history could not be read" },
  chat_gaps_filled: { kind: "counter", help: "catch-ups that brought something" },
  chat_caught_up: { kind: "counter", help: "entries that came by catch-up" },
  chat_declared: { kind: "counter", help: "entries of which the server says that they can't be given back" },
  chat_server_cpu_cores: { kind: "gauge", help: "cores that the scraped gateways use" },
  chat_server_memory_bytes: { kind: "gauge", help: "resident memory of the scraped gateways" },
} as const satisfies Readonly<Record<string, LoadMetric>>;

export type LoadMetricName = keyof typeof loadMetrics;

/** The statistics of trends that are written to Prometheus: `K6_PROMETHEUS_RW_TREND_STATS`. */
export const remoteWriteStats = ["p(50)", "p(95)", "p(99)", "max"] as const;

/** The series that a metric becomes by k6's output to Prometheus' remote write. */
export function seriesOf(name: string, kind: LoadMetric["kind"]): string[] {
  if (kind === "counter") return [`k6_${name}_total`];
  if (kind === "gauge") return [`k6_${name}`];
  return remoteWriteStats.map((stat) => `k6_${name}_${stat.replaceAll(/[()]/g, "")}`);
}
