import type { Board } from "../board.ts";
import { buckets, grown, perSecond, quantile } from "../promql.ts";

const delivered =
  'sum(increase(weir_delivery_seconds_bucket{@, le="0.25"}[$__range])) / sum(increase(weir_delivery_seconds_count{@}[$__range]))';
/** Of both roles at once, so not by instance. */
const stored =
  'clamp_max(sum(increase(weir_stored_lag_seconds_bucket{@job, le=~"5|5.0"}[$__range])) / sum(increase(weir_messages_total{@job}[$__range])), 1)';

/** @returns what is left of the 0.1 % that may miss */
function budgetLeft(kept: string): string {
  return `1 - (1 - ${kept}) / 0.001`;
}

export const overview: Board = {
  uid: "weir-overview",
  title: "Weir / Overview",
  description: "Is chat healthy? The two service levels, who is connected, what is sent, and how long it takes.",
  rows: [
    {
      title: "Service levels, over the range shown",
      panels: [
        {
          title: "Delivered within 250 ms",
          description:
            "Share of the deliveries that took less than 250 ms from the log to the members of a gateway. The objective is 99.9 %.",
          kind: "stat",
          unit: "percentunit",
          targets: [{ expr: delivered, legend: "" }],
          threshold: { goodFrom: 0.999 },
          alert: "WeirDeliveryBudgetBurning",
        },
        {
          title: "Delivery budget left",
          description:
            "Of the 0.1 % that may be late in the range shown, what is left. Below 0 the objective is missed.",
          kind: "stat",
          unit: "percentunit",
          targets: [{ expr: budgetLeft(delivered), legend: "" }],
          threshold: { goodFrom: 0 },
          alert: "WeirDeliveryBudgetLeaking",
        },
        {
          title: "Stored within 5 s",
          description:
            "Share of what was acknowledged that was in the database within 5 s. The objective is 99.9 %. What is not stored at all counts as late.",
          kind: "stat",
          unit: "percentunit",
          targets: [{ expr: stored, legend: "" }],
          threshold: { goodFrom: 0.999 },
          alert: "WeirStorageBudgetBurning",
        },
        {
          title: "Storage budget left",
          description:
            "Of the 0.1 % that may be late in the range shown, what is left. Below 0 the objective is missed.",
          kind: "stat",
          unit: "percentunit",
          targets: [{ expr: budgetLeft(stored), legend: "" }],
          threshold: { goodFrom: 0 },
          alert: "WeirStorageBudgetLeaking",
        },
        {
          title: "Sends answered with an error",
          description:
            "Share of the sends that were answered UNAVAILABLE, INTERNAL or OVERLOADED in the last minutes. Normal is 0.",
          kind: "stat",
          unit: "percentunit",
          targets: [
            {
              expr: 'sum(rate(weir_requests_total{@, event="message:send", result=~"UNAVAILABLE|INTERNAL|OVERLOADED"}[$__rate_interval])) / sum(rate(weir_requests_total{@, event="message:send"}[$__rate_interval]))',
              legend: "",
            },
          ],
          threshold: { badFrom: 0.01 },
          alert: "WeirSendsFail",
        },
        {
          title: "Alerts",
          description: "Alerts of Weir that fire now, where the rules are loaded.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: 'count(ALERTS{@job, alertname=~"Weir.+", alertstate="firing"}) or vector(0)', legend: "" }],
          threshold: { badFrom: 1 },
        },
      ],
    },
    {
      title: "From end to end: each gateway's canary",
      panels: [
        {
          title: "Canary came through",
          description:
            "Seconds since the canary of the worst gateway was last delivered. Normal is up to the interval, 10 s.",
          kind: "stat",
          unit: "s",
          targets: [{ expr: 'max(weir_canary_age_seconds{@, part="live"})', legend: "" }],
          threshold: { badFrom: 60 },
          alert: "WeirCanaryFails",
        },
        {
          title: "Canary was stored",
          description:
            "Seconds since the canary of the worst gateway was last in the database and read back. Normal is up to the interval, 10 s.",
          kind: "stat",
          unit: "s",
          targets: [{ expr: 'max(weir_canary_age_seconds{@, part="stored"})', legend: "" }],
          threshold: { badFrom: 60 },
        },
        {
          title: "Legs of the canary",
          description:
            "99th percentile of each leg. `deliver` is from the send, `stored` from the acknowledgement, `peer` to another gateway and back.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: quantile(0.99, "weir_canary_seconds", { by: "leg" }), legend: "{{leg}}" }],
        },
        {
          title: "Legs that came to nothing",
          description:
            "In the last minutes. `refused` is the gateway's own no, as every client gets it; `broken` ends readiness where it lasts, up to the delivery.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_canary_failures_total", { by: "leg, cause" }), legend: "{{leg}} {{cause}}" }],
          alert: "WeirCanaryFails",
        },
      ],
    },
    {
      title: "Load",
      panels: [
        {
          title: "Connected now",
          description: "Clients of all gateways.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: "sum(weir_connections{@})", legend: "" }],
        },
        {
          title: "Gateways",
          description: "Gateways that answer Prometheus.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: 'count(weir_build_info{@, role=~"gateway|all-in-one"})', legend: "" }],
          threshold: { goodFrom: 1 },
          alert: "WeirGatewaysLost",
        },
        {
          title: "Flushers that lead",
          description: "Exactly one is normal.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: 'sum(role:weir_leader:sum{@job, role=~"flusher|all-in-one"})', legend: "" }],
          threshold: { goodFrom: 1 },
          alert: "WeirNoLeader",
        },
        {
          title: "Messages a second",
          description: "Entries that were appended, of all kinds.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: perSecond("weir_messages_total"), legend: "" }],
        },
        {
          title: "Age of the backlog",
          description: "Age of the oldest entry that is not in the database.",
          kind: "stat",
          unit: "s",
          targets: [{ expr: "max(weir_buffer_oldest_seconds{@})", legend: "" }],
          threshold: { badFrom: 5 },
          alert: "WeirBacklogOld",
        },
        {
          title: "Versions",
          description: "How many versions run. More than one is a rollout.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: "count(count by (version) (weir_build_info{@}))", legend: "" }],
        },
        {
          title: "Connections",
          description:
            "By transport. WebSocket is normal; many that poll have a balancer before them that does not pass WebSockets on.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "sum by (transport) (weir_connections{@})", legend: "{{transport}}" }],
          alert: "WeirPollingShareHigh",
        },
        {
          title: "Messages",
          description: "Entries appended a second, by kind.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_messages_total", { by: "kind" }), legend: "{{kind}}" }],
        },
        {
          title: "Deliveries",
          description: "Entries handed to rooms a second, counted once a room and gateway, not once a member.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_delivered_entries_total"), legend: "delivered" }],
        },
      ],
    },
    {
      title: "Latency",
      panels: [
        {
          title: "Acknowledgement",
          description: "From the arrival of a send to its answer.",
          kind: "heatmap",
          unit: "s",
          targets: [{ expr: buckets("weir_request_seconds", { where: 'event="message:send"' }), legend: "{{le}}" }],
        },
        {
          title: "Delivery",
          description: "From the time of an entry in the log to its delivery on a gateway. The objective is 250 ms.",
          kind: "heatmap",
          unit: "s",
          targets: [{ expr: buckets("weir_delivery_seconds"), legend: "{{le}}" }],
          alert: "WeirDeliveryBudgetBurning",
        },
        {
          title: "Storage",
          description: "From the time of an entry in the log to its trim after it was stored. The objective is 5 s.",
          kind: "heatmap",
          unit: "s",
          targets: [{ expr: buckets("weir_stored_lag_seconds"), legend: "{{le}}" }],
          alert: "WeirStorageBudgetBurning",
        },
        {
          title: "Acknowledgement, quantiles",
          description: "From the arrival of a send to its answer.",
          kind: "lines",
          unit: "s",
          targets: [
            { expr: quantile(0.5, "weir_request_seconds", { where: 'event="message:send"' }), legend: "p50" },
            { expr: quantile(0.99, "weir_request_seconds", { where: 'event="message:send"' }), legend: "p99" },
          ],
        },
        {
          title: "Delivery, quantiles",
          description: "From the log to the members of a gateway.",
          kind: "lines",
          unit: "s",
          targets: [
            { expr: quantile(0.5, "weir_delivery_seconds"), legend: "p50" },
            { expr: quantile(0.99, "weir_delivery_seconds"), legend: "p99" },
          ],
        },
        {
          title: "Storage, quantiles",
          description: "From the log to the database.",
          kind: "lines",
          unit: "s",
          targets: [
            { expr: quantile(0.5, "weir_stored_lag_seconds"), legend: "p50" },
            { expr: quantile(0.99, "weir_stored_lag_seconds"), legend: "p99" },
          ],
        },
      ],
    },
    {
      title: "What goes wrong",
      panels: [
        {
          title: "How fast the budgets burn",
          description: "1 uses up exactly what the objective allows. From 14.4 in an hour someone is woken.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: "job:weir_delivery:missed_ratio_rate1h{@job} / 0.001", legend: "delivery {{job}}" },
            { expr: "job:weir_storage:missed_ratio_rate1h{@job} / 0.001", legend: "storage {{job}}" },
          ],
          alert: "WeirDeliveryBudgetBurning",
        },
        {
          title: "Sends by result",
          description: "Everything but `ok` is a code of docs/errors.md.",
          kind: "lines",
          unit: "cps",
          targets: [
            {
              expr: perSecond("weir_requests_total", { by: "result", where: 'event="message:send"' }),
              legend: "{{result}}",
            },
          ],
          alert: "WeirSendsFail",
        },
        {
          title: "Handshakes by result",
          description: "A wave of these is clients that come back.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_handshakes_total", { by: "result" }), legend: "{{result}}" }],
        },
      ],
    },
  ],
};
