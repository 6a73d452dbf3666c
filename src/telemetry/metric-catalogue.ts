/** What one metric is. docs/metrics.md is generated from this list, and nothing is measured that is not in it. */
export interface MetricFact {
  readonly kind: "counter" | "gauge" | "histogram";
  readonly help: string;
  readonly labels: readonly string[];
  /** Upper bounds, for histograms. */
  readonly buckets?: readonly number[];
  /** How the gauges of a gateway's workers become one; without it they are added. */
  readonly merge?: "max" | "min";
}

/** From 0.5 ms to 10 s: the delivery objective (250 ms) and the storage objective (5 s) are bounds of their own. */
const seconds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10] as const;
const sizes = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] as const;

/** No label names a user or a room: their number has no bound. */
export const metricCatalogue = {
  weir_connections: { kind: "gauge", help: "Open connections by transport.", labels: ["transport"] },
  weir_connections_cut_total: {
    kind: "counter",
    help: "Connections ended without asking: those without a token in time, and those that do not read.",
    labels: ["reason"],
  },
  weir_connections_sent_away_total: {
    kind: "counter",
    help: "Clients told to go to another gateway, by reason: draining or rebalance.",
    labels: ["reason"],
  },
  weir_draining_connections: {
    kind: "gauge",
    help: "Clients that a leaving gateway still has; 0 while it does not leave.",
    labels: [],
  },
  weir_fleet_gateways: {
    kind: "gauge",
    help: "Gateways that say what they hold, this one included.",
    merge: "max",
    labels: [],
  },
  weir_fleet_imbalance: {
    kind: "gauge",
    help: "Clients of this gateway over the mean of all gateways: 1 is even, above 1.2 it lets go of some.",
    merge: "max",
    labels: [],
  },
  weir_rebalancing: {
    kind: "gauge",
    help: "1 while this gateway lets go of clients because it has too many.",
    labels: [],
  },
  weir_workers: { kind: "gauge", help: "Worker processes that are ready, where a gateway has several.", labels: [] },
  weir_worker_restarts_total: { kind: "counter", help: "Worker processes that ended and were replaced.", labels: [] },
  weir_rooms: { kind: "gauge", help: "Rooms with a member on this gateway.", labels: [] },
  weir_handshakes_total: { kind: "counter", help: "Handshakes by result: ok or the error code.", labels: ["result"] },
  weir_admission_refusals_total: {
    kind: "counter",
    help: "Handshakes that were refused without a look at the token's signature, or for their user's number of connections, by cause.",
    labels: ["cause"],
  },
  weir_load_level: {
    kind: "gauge",
    help: "How many bounds a signal of load is over, by signal: loop_delay (to 3), loop_busy (to 1) and memory (to 2).",
    merge: "max",
    labels: ["signal"],
  },
  weir_shed_total: {
    kind: "counter",
    help: "What was given up under load, by what: ephemeral events, slowest connections.",
    labels: ["what"],
  },
  weir_requests_total: {
    kind: "counter",
    help: "Requests by event and result: ok or the error code.",
    labels: ["event", "result"],
  },
  weir_rate_limited_total: {
    kind: "counter",
    help: "Requests refused because there were too many, by limit: user, room, join, history, receipt or in_flight.",
    labels: ["limit"],
  },
  weir_rate_reports_total: {
    kind: "counter",
    help: "Reports to the count of all gateways, by limit and result. While it is unreachable, each gateway limits alone.",
    labels: ["limit", "result"],
  },
  weir_insistent_clients_total: {
    kind: "counter",
    help: "What was done about clients that went on before the time they were told: slow (an answer) or close (a connection).",
    labels: ["step"],
  },
  weir_request_seconds: {
    kind: "histogram",
    help: "From a request's arrival to its answer.",
    labels: ["event"],
    buckets: seconds,
  },
  weir_messages_total: { kind: "counter", help: "Entries appended, by kind.", labels: ["kind"] },
  weir_append_seconds: {
    kind: "histogram",
    help: "From the call of the log to its answer.",
    labels: ["result"],
    buckets: seconds,
  },
  weir_delivery_seconds: {
    kind: "histogram",
    help: "From an entry's time in the log to its delivery to the members on this gateway.",
    labels: [],
    buckets: seconds,
  },
  weir_delivered_entries_total: {
    kind: "counter",
    help: "Entries handed to rooms on this gateway (once a room, not once a member).",
    labels: [],
  },
  weir_batch_entries: { kind: "histogram", help: "Entries in one frame to a room.", labels: [], buckets: sizes },
  weir_batch_window_seconds: {
    kind: "histogram",
    help: "How long a busy room may gather entries for one frame, by the load when a frame was sent.",
    labels: [],
    buckets: seconds,
  },
  weir_outbound_queue_bytes: {
    kind: "gauge",
    help: "Bytes that wait for clients, by class: durable (messages), ephemeral, kept (answers).",
    labels: ["class"],
  },
  weir_outbound_queue_oldest_seconds: {
    kind: "gauge",
    help: "Age of the oldest packet that waits for a client.",
    labels: [],
  },
  weir_outbound_wait_seconds: {
    kind: "histogram",
    help: "How long packets waited that a client took in the end.",
    labels: [],
    buckets: seconds,
  },
  weir_outbound_dropped_total: {
    kind: "counter",
    help: "Messages and events that a client did not take, by class and step. Messages come again with its resync.",
    labels: ["class", "step"],
  },
  weir_slow_clients: {
    kind: "gauge",
    help: "Clients for whom something waits, by state: waiting, or held because too much is unconfirmed.",
    labels: ["state"],
  },
  weir_slow_client_steps_total: {
    kind: "counter",
    help: "Steps taken for clients that do not keep up: expire, drop-ephemeral, resync, hold, close.",
    labels: ["step"],
  },
  weir_slow_client_closes_total: {
    kind: "counter",
    help: "Clients cut off because they did not keep up, by cause: stuck, unconfirmed, answers, memory.",
    labels: ["cause"],
  },
  weir_feed_holes_total: {
    kind: "counter",
    help: "Holes in a room's feed, by how they ended: filled or resync.",
    labels: ["outcome"],
  },
  weir_feed_stale_total: { kind: "counter", help: "Entries that arrived a second time and were dropped.", labels: [] },
  weir_feed_interruptions_total: {
    kind: "counter",
    help: "Times the subscription to the log was interrupted and every room compared itself with the head.",
    labels: [],
  },
  weir_feed_lag_seconds: {
    kind: "histogram",
    help: "From an entry's time in the log to its arrival at this gateway's subscription: what the feed and a busy event loop add. The log's clock against this machine's.",
    labels: [],
    buckets: seconds,
  },
  weir_log_safe: {
    kind: "gauge",
    help: "1 where this gateway can acknowledge at the tier `safe`, as found at its start.",
    merge: "min",
    labels: [],
  },
  weir_replica_wait_seconds: {
    kind: "histogram",
    help: "Time until a replica of the log had what `safe` acknowledgements wait for, one wait for many of them; `failed` are those where it did not.",
    labels: ["result"],
    buckets: seconds,
  },
  weir_history_store_reads_total: { kind: "counter", help: "History reads that reached the store.", labels: [] },
  weir_buffer_entries: { kind: "gauge", help: "Entries in the write-behind buffer, all partitions.", labels: [] },
  weir_buffer_oldest_seconds: { kind: "gauge", help: "Age of the oldest entry that is not in the store.", labels: [] },
  weir_flush_batch_entries: {
    kind: "histogram",
    help: "Entries in one batch to the store.",
    labels: [],
    buckets: sizes,
  },
  weir_flush_seconds: {
    kind: "histogram",
    help: "Time to write one batch to the store.",
    labels: ["result"],
    buckets: seconds,
  },
  weir_flush_retries_total: {
    kind: "counter",
    help: "Batches that were tried again because the store could not be reached.",
    labels: [],
  },
  weir_flushed_entries_total: { kind: "counter", help: "Entries stored and trimmed from the buffer.", labels: [] },
  weir_stored_lag_seconds: {
    kind: "histogram",
    help: "From an entry's time in the log to its trim after storage.",
    labels: [],
    buckets: seconds,
  },
  weir_dead_letters_total: {
    kind: "counter",
    help: "Entries put aside because the store refuses them, by reason.",
    labels: ["reason"],
  },
  weir_fenced_trims_total: {
    kind: "counter",
    help: "Trims refused because a newer leader has taken over.",
    labels: [],
  },
  weir_leader: { kind: "gauge", help: "1 while this process leads the flushing.", merge: "max", labels: [] },
  weir_log_epochs_total: {
    kind: "counter",
    help: "Partitions given a new epoch because the log may have lost its tail.",
    labels: [],
  },
  weir_log_rebases_total: { kind: "counter", help: "Rooms whose seq base was looked up in the store.", labels: [] },
  weir_loop_delay_seconds: {
    kind: "gauge",
    help: "Event-loop delay over the last sample, by quantile.",
    merge: "max",
    labels: ["quantile"],
  },
} as const satisfies Readonly<Record<string, MetricFact>>;

export type MetricName = keyof typeof metricCatalogue;
type OfKind<K extends MetricFact["kind"]> = {
  [N in MetricName]: (typeof metricCatalogue)[N]["kind"] extends K ? N : never;
}[MetricName];
export type CounterName = OfKind<"counter">;
export type GaugeName = OfKind<"gauge">;
export type HistogramName = OfKind<"histogram">;
export type LabelsOf<N extends MetricName> = Readonly<Record<(typeof metricCatalogue)[N]["labels"][number], string>>;
