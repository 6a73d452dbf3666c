import type { Board } from "../board.ts";
import { grown, perSecond } from "../promql.ts";
import { gatewayDetails } from "./gateway-details.ts";

export const gateways: Board = {
  uid: "weir-gateways",
  title: "Weir / Gateways",
  description: "What each gateway holds, how busy it is, and what it refuses, drops or gives up.",
  rows: [
    {
      title: "Who has what",
      panels: [
        {
          title: "Connections by gateway",
          description: "Even is normal; a gateway with more than 1.2 times the mean lets go of some.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "sum by (instance) (weir_connections{@})", legend: "{{instance}}" }],
        },
        {
          title: "Share that polls",
          description: "Of the clients of each gateway. A few per cent are normal.",
          kind: "lines",
          unit: "percentunit",
          targets: [
            {
              expr: 'sum by (instance) (weir_connections{@, transport="polling"}) / (sum by (instance) (weir_connections{@}) > 0)',
              legend: "{{instance}}",
            },
          ],
          alert: "WeirPollingShareHigh",
        },
        {
          title: "Rooms by gateway",
          description: "Rooms with a member there.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "sum by (instance) (weir_rooms{@})", legend: "{{instance}}" }],
        },
        {
          title: "Imbalance",
          description: "Clients of a gateway over the mean of all. Above 1.2 it lets go of some.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: "max by (instance) (weir_fleet_imbalance{@})", legend: "{{instance}}" },
            { expr: "max(weir_fleet_gateways{@})", legend: "gateways" },
          ],
          alert: "WeirImbalance",
        },
        {
          title: "Age of the canary",
          description:
            "Seconds since a gateway's own message was last delivered. Beyond three intervals and 5 s the gateway is not ready.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: 'max by (instance) (weir_canary_age_seconds{@, part="live"})', legend: "{{instance}}" }],
          alert: "WeirCanaryFails",
        },
        {
          title: "Sent away",
          description: "Clients told to go to another gateway, a second, by reason.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_connections_sent_away_total", { by: "reason" }), legend: "{{reason}}" }],
        },
        {
          title: "Draining and rebalancing",
          description: "Clients that leaving gateways still have, and how many gateways let go of some.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: "sum(weir_draining_connections{@})", legend: "still draining" },
            { expr: "sum(weir_rebalancing{@})", legend: "gateways that rebalance" },
          ],
        },
      ],
    },
    {
      title: "How busy",
      panels: [
        {
          title: "Event loop delay",
          description: "99th percentile between two scrapes. Above 50 ms a gateway begins to refuse handshakes.",
          kind: "lines",
          unit: "s",
          targets: [
            { expr: 'max by (instance) (weir_loop_delay_seconds{@, quantile="0.99"})', legend: "{{instance}}" },
          ],
          alert: "WeirGatewayNearLimit",
        },
        {
          title: "CPU",
          description: "Cores in use. A gateway without workers can use little more than one.",
          kind: "lines",
          unit: "short",
          targets: [
            {
              expr: "sum by (instance) (rate(process_cpu_seconds_total{@}[$__rate_interval]))",
              legend: "{{instance}}",
            },
          ],
        },
        {
          title: "Memory",
          description: "Of the process, and the limit by which it sheds load.",
          kind: "lines",
          unit: "bytes",
          targets: [
            { expr: "sum by (instance) (process_resident_memory_bytes{@})", legend: "{{instance}}" },
            { expr: "max(weir_memory_limit_bytes{@})", legend: "limit" },
          ],
          alert: "WeirGatewayNearLimit",
        },
        {
          title: "Load level",
          description:
            "How many bounds each signal is over: 0 is normal, 1 refuses handshakes, 2 drops typing, 3 is not ready.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "max by (instance, signal) (weir_load_level{@})", legend: "{{instance}} {{signal}}" }],
          alert: "WeirGatewayNearLimit",
        },
        {
          title: "Given up under load",
          description: "Ephemeral events and slow connections, a second.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_shed_total", { by: "what" }), legend: "{{what}}" }],
        },
        {
          title: "Workers",
          description:
            "Worker processes that are ready, where gateways have several, and those that ended in the last minutes.",
          kind: "lines",
          unit: "short",
          targets: [
            { expr: "sum by (instance) (weir_workers{@})", legend: "ready {{instance}}" },
            { expr: grown("weir_worker_restarts_total", { by: "instance" }), legend: "ended {{instance}}" },
          ],
        },
      ],
    },
    ...gatewayDetails,
  ],
};
