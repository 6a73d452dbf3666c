import type { Row } from "../board.ts";
import { grown, mean, perSecond, quantile } from "../promql.ts";

/** What to look at when a gateway is not as it should be. */
export const gatewayDetails: readonly Row[] = [
  {
    title: "Comings and goings",
    collapsed: true,
    panels: [
      {
        title: "Handshakes by result",
        description: "Everything but `ok` is a code of docs/errors.md.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_handshakes_total", { by: "result" }), legend: "{{result}}" }],
      },
      {
        title: "Refused at the door",
        description: "Handshakes refused before a look at the token, by cause.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_admission_refusals_total", { by: "cause" }), legend: "{{cause}}" }],
        alert: "WeirOverloaded",
      },
      {
        title: "Cut off",
        description: "Connections ended without asking, a second, by reason.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_connections_cut_total", { by: "reason" }), legend: "{{reason}}" }],
      },
      {
        title: "Ignored in handshakes",
        description:
          "Claims of tokens with a wrong form, and addresses from proxies that can't be read. The log names the first.",
        kind: "lines",
        unit: "short",
        targets: [
          { expr: grown("weir_token_claims_ignored_total", { by: "claim" }), legend: "claim {{claim}}" },
          { expr: grown("weir_client_addresses_unread_total"), legend: "address" },
        ],
      },
    ],
  },
  {
    title: "Requests",
    collapsed: true,
    panels: [
      {
        title: "Requests by event",
        description: "A second.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_requests_total", { by: "event" }), legend: "{{event}}" }],
      },
      {
        title: "Refused or failed, by result",
        description: "Answers that are not `ok`, a second.",
        kind: "lines",
        unit: "cps",
        targets: [
          { expr: perSecond("weir_requests_total", { by: "result", where: 'result!="ok"' }), legend: "{{result}}" },
        ],
      },
      {
        title: "Time to the answer",
        description: "99th percentile, by event.",
        kind: "lines",
        unit: "s",
        targets: [{ expr: quantile(0.99, "weir_request_seconds", { by: "event" }), legend: "{{event}}" }],
      },
      {
        title: "Rate limited, by limit",
        description: "Requests refused because there were too many.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_rate_limited_total", { by: "limit" }), legend: "{{limit}}" }],
      },
      {
        title: "Reports to the shared count",
        description: "By result. `unreachable` means that each gateway limits alone.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_rate_reports_total", { by: "result" }), legend: "{{result}}" }],
      },
      {
        title: "Clients that insist",
        description: "What was done about those that went on before the time they were told.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_insistent_clients_total", { by: "step" }), legend: "{{step}}" }],
      },
      {
        title: "Caps reached",
        description:
          "Refused or forgotten because as much was there as may be: docs/operations.md says what each does.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_cap_reached_total", { by: "cap" }), legend: "{{cap}}" }],
      },
    ],
  },
  {
    title: "Fan-out",
    collapsed: true,
    panels: [
      {
        title: "Feed lag",
        description:
          "99th percentile, from the log to the subscription of a gateway, with the difference of the clocks.",
        kind: "lines",
        unit: "s",
        targets: [{ expr: quantile(0.99, "weir_feed_lag_seconds", { by: "instance" }), legend: "{{instance}}" }],
      },
      {
        title: "Entries in a frame",
        description: "Mean. Grows as the load does.",
        kind: "lines",
        unit: "short",
        targets: [{ expr: mean("weir_batch_entries", { by: "instance" }), legend: "{{instance}}" }],
      },
      {
        title: "Batch window",
        description: "Mean time for which a busy room gathers entries.",
        kind: "lines",
        unit: "s",
        targets: [{ expr: mean("weir_batch_window_seconds", { by: "instance" }), legend: "{{instance}}" }],
      },
      {
        title: "Holes in feeds",
        description: "By how they ended, and entries that came twice. A few after an interruption are normal.",
        kind: "lines",
        unit: "cps",
        targets: [
          { expr: perSecond("weir_feed_holes_total", { by: "outcome" }), legend: "{{outcome}}" },
          { expr: perSecond("weir_feed_stale_total"), legend: "came twice" },
        ],
      },
      {
        title: "Interruptions",
        description: "Of the subscription to Redis, by gateway.",
        kind: "lines",
        unit: "short",
        targets: [{ expr: grown("weir_feed_interruptions_total", { by: "instance" }), legend: "{{instance}}" }],
        alert: "WeirFeedInterrupted",
      },
    ],
  },
  {
    title: "Room policies",
    collapsed: true,
    panels: [
      {
        title: "Refused by a policy",
        description: "Requests refused, or typing dropped, because a room policy says so, by cause.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_policy_refusals_total", { by: "cause" }), legend: "{{cause}}" }],
      },
      {
        title: "Policies that are behind",
        description:
          "Between the newest revision in force anywhere and the oldest. More than 0 for more than a few seconds is a process that does not follow.",
        kind: "lines",
        unit: "s",
        targets: [{ expr: "(max(weir_policy_revision{@}) - min(weir_policy_revision{@})) / 1000", legend: "behind" }],
      },
      {
        title: "Looks that failed",
        description: "At the published policies, by process; what was in force before stays.",
        kind: "lines",
        unit: "short",
        targets: [{ expr: grown("weir_policy_read_failures_total", { by: "instance" }), legend: "{{instance}}" }],
      },
    ],
  },
  {
    title: "Clients that do not keep up",
    collapsed: true,
    panels: [
      {
        title: "Bytes that wait",
        description: "By class.",
        kind: "lines",
        unit: "bytes",
        targets: [{ expr: "sum by (class) (weir_outbound_queue_bytes{@})", legend: "{{class}}" }],
      },
      {
        title: "Oldest that waits",
        description: "Age of the oldest packet that waits for a client, by gateway.",
        kind: "lines",
        unit: "s",
        targets: [{ expr: "max by (instance) (weir_outbound_queue_oldest_seconds{@})", legend: "{{instance}}" }],
      },
      {
        title: "Wait of what was taken",
        description: "99th percentile of the time that packets waited for a client that took them in the end.",
        kind: "lines",
        unit: "s",
        targets: [{ expr: quantile(0.99, "weir_outbound_wait_seconds"), legend: "p99" }],
      },
      {
        title: "Slow clients",
        description: "Clients for whom something waits, by state.",
        kind: "lines",
        unit: "short",
        targets: [{ expr: "sum by (state) (weir_slow_clients{@})", legend: "{{state}}" }],
      },
      {
        title: "Steps taken",
        description: "expire, drop-ephemeral, resync, hold, close: docs/operations.md says what each does.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_slow_client_steps_total", { by: "step" }), legend: "{{step}}" }],
      },
      {
        title: "Dropped",
        description: "Messages and events that clients did not take. Messages come again with the resync.",
        kind: "lines",
        unit: "cps",
        targets: [
          { expr: perSecond("weir_outbound_dropped_total", { by: "class, step" }), legend: "{{class}} {{step}}" },
        ],
      },
      {
        title: "Closed, by cause",
        description: "Clients cut off because they did not keep up.",
        kind: "lines",
        unit: "cps",
        targets: [{ expr: perSecond("weir_slow_client_closes_total", { by: "cause" }), legend: "{{cause}}" }],
      },
    ],
  },
];
