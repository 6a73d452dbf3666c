import type { Board, Panel } from "../board.ts";
import { perSecond, quantile } from "../promql.ts";

/** What a counter of k6 grew by in the range shown; runners are added. */
function total(metric: string): string {
  return `sum(increase(k6_${metric}_total{@run}[$__range]))`;
}

function rate(metric: string): string {
  return `sum(rate(k6_${metric}_total{@run}[$__rate_interval]))`;
}

/** The worst runner: statistics of several can't be added. */
function worst(metric: string, stat: string): string {
  return `max(k6_${metric}_${stat}{@run})`;
}

function never(title: string, description: string, expr: string): Panel {
  const panel = { title, description, kind: "stat", unit: "short", from: "k6" } as const;
  return { ...panel, targets: [{ expr, legend: "" }], threshold: { badFrom: 1 } };
}

function durations(title: string, description: string, metric: string): Panel {
  const targets = ["p50", "p95", "p99", "max"].map((stat) => ({ expr: worst(metric, stat), legend: stat }));
  return { title, description, kind: "lines", unit: "s", from: "k6", targets };
}

export const loadTest: Board = {
  uid: "weir-load-test",
  title: "Weir / Load test",
  description: "What clients of a load test send and get, beside what the servers say of it. See docs/load-testing.md.",
  ofLoadTests: true,
  rows: [
    {
      title: "Verdict, over the range shown",
      panels: [
        never(
          "Lost",
          "Acknowledged, and not in the history. Of any other number than 0 something is broken.",
          total("chat_lost"),
        ),
        never(
          "Not delivered",
          "Entries that never came to a member who was in the room, neither pushed nor by catch-up.",
          total("chat_missing"),
        ),
        never(
          "Duplicated",
          "Came twice to a member, or is in the history at another place than the answer said.",
          `${total("chat_duplicated")} + ${total("chat_stored_twice")}`,
        ),
        never("Out of order", "Came after a later one.", total("chat_out_of_order")),
        never(
          "Nobody knows",
          "Sends without an answer, and accepted ones in rooms whose history could not be read.",
          `${total("chat_unanswered")} + ${total("chat_unread")}`,
        ),
        {
          title: "Delivery, 99th percentile",
          description:
            "From the send to its arrival, of the worst runner, since the test began. The objective is 250 ms.",
          kind: "stat",
          unit: "s",
          targets: [{ expr: worst("chat_delivery_duration", "p99"), legend: "" }],
          threshold: { badFrom: 0.25 },
          from: "k6",
        },
      ],
    },
    {
      title: "Load, as clients and as servers count it",
      panels: [
        {
          title: "Handshakes per second",
          description: "Those that the clients got through, those that failed, and what the gateways say.",
          kind: "lines",
          unit: "ops",
          targets: [
            { expr: rate("chat_handshakes"), legend: "k6: through" },
            { expr: rate("chat_handshake_failures"), legend: "k6: failed" },
            { expr: perSecond("weir_handshakes_total", { by: "result" }), legend: "gateways: {{result}}" },
          ],
          from: "k6",
        },
        {
          title: "Messages per second",
          description: "Sent, accepted and refused by the clients' count; appended by the gateways'.",
          kind: "lines",
          unit: "ops",
          targets: [
            { expr: rate("chat_sent"), legend: "k6: sent" },
            { expr: rate("chat_accepted"), legend: "k6: accepted" },
            { expr: rate("chat_refused"), legend: "k6: refused" },
            { expr: perSecond("weir_messages_total"), legend: "gateways: appended" },
          ],
          from: "k6",
        },
        {
          title: "Deliveries per second",
          description: "Entries that members got. The gateways count an entry once for each room and gateway.",
          kind: "lines",
          unit: "ops",
          targets: [
            { expr: rate("chat_delivered"), legend: "k6: to members" },
            { expr: perSecond("weir_delivered_entries_total"), legend: "gateways: to rooms" },
          ],
          from: "k6",
        },
      ],
    },
    {
      title: "Latency that clients see",
      panels: [
        durations(
          "Emission to delivery",
          "From the send to its arrival at a member, since the test began; of the worst runner.",
          "chat_delivery_duration",
        ),
        durations("Send to acknowledgement", "Since the test began; of the worst runner.", "chat_ack_duration"),
        durations(
          "Handshake",
          "From dialling until the namespace takes the client, since the test began; of the worst runner.",
          "chat_handshake_duration",
        ),
      ],
    },
    {
      title: "Servers meanwhile",
      panels: [
        {
          title: "CPU of the servers",
          description: "Cores: by process from Prometheus' scrapes, and all that k6 scraped itself.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: perSecond("process_cpu_seconds_total", { by: "instance" }), legend: "{{instance}}" },
            { expr: "sum(k6_chat_server_cpu_cores{@run})", legend: "k6: together" },
          ],
          from: "k6",
        },
        {
          title: "Memory of the servers",
          description: "Resident: by process from Prometheus' scrapes, and all that k6 scraped itself.",
          kind: "lines",
          unit: "bytes",
          targets: [
            { expr: "sum by (instance) (process_resident_memory_bytes{@})", legend: "{{instance}}" },
            { expr: "sum(k6_chat_server_memory_bytes{@run})", legend: "k6: together" },
          ],
          from: "k6",
        },
        {
          title: "Delivery by the gateways' own clock",
          description:
            "99th percentile from the log to the members of a gateway: what the way to the client adds is not in it.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: quantile(0.99, "weir_delivery_seconds"), legend: "p99" }],
        },
        {
          title: "Open connections",
          description: "By gateway.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "sum by (instance) (weir_connections{@})", legend: "{{instance}}" }],
        },
        {
          title: "Slowest event loop",
          description: "99th percentile between two scrapes, of the slowest process.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: 'max(weir_loop_delay_seconds{@, quantile="0.99"})', legend: "delay" }],
        },
        {
          title: "Waiting to be stored",
          description: "Entries in the log that are not in the database yet.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "max(weir_buffer_entries{@})", legend: "entries" }],
        },
      ],
    },
    {
      title: "Recovery, and k6 itself",
      panels: [
        {
          title: "Catch-up",
          description: "Entries that clients asked for after a lost connection or a hole, and those declared gone.",
          kind: "lines",
          unit: "ops",
          targets: [
            { expr: rate("chat_caught_up"), legend: "caught up" },
            { expr: rate("chat_gaps_filled"), legend: "catch-ups" },
            { expr: rate("chat_declared"), legend: "declared gone" },
          ],
          from: "k6",
        },
        {
          title: "Accepted and stored",
          description: "Over the range shown. Parties read back what they sent when they leave, so stored comes later.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: total("chat_accepted"), legend: "accepted" },
            { expr: total("chat_stored"), legend: "stored" },
          ],
          from: "k6",
        },
        {
          title: "Users of k6",
          description:
            "Busy ones, and arrivals by the second that found none free: then k6 gave less load than the plan wants.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: "sum(k6_vus{@run})", legend: "busy" },
            { expr: "sum(rate(k6_dropped_iterations_total{@run}[$__rate_interval]))", legend: "dropped arrivals" },
          ],
          from: "k6",
        },
      ],
    },
  ],
};
