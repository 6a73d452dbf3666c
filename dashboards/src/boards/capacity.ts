import type { Board } from "../board.ts";

export const capacity: Board = {
  uid: "weir-capacity",
  title: "Weir / Capacity",
  description: "How much room is left, what a client costs, and what the autoscaler does about it.",
  rows: [
    {
      title: "Room that is left",
      panels: [
        {
          title: "Memory of the fullest gateway",
          description: "Room before the limit. At 20 % it begins to refuse handshakes.",
          kind: "stat",
          unit: "percentunit",
          targets: [
            {
              expr: "min(1 - sum by (namespace, job, instance) (process_resident_memory_bytes{@}) / on (namespace, job, instance) weir_memory_limit_bytes{@})",
              legend: "",
            },
          ],
          threshold: { goodFrom: 0.25 },
          alert: "WeirGatewayNearLimit",
        },
        {
          title: "Highest load level",
          description: "0 is normal.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: "max(weir_load_level{@})", legend: "" }],
          threshold: { badFrom: 1 },
          alert: "WeirGatewayNearLimit",
        },
        {
          title: "Busiest process",
          description: "Cores that the busiest process uses. One is about all it can have.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: "max(rate(process_cpu_seconds_total{@}[$__rate_interval]))", legend: "" }],
          threshold: { badFrom: 0.8 },
        },
        {
          title: "CPU of Redis",
          description: "Cores. Its commands can have one.",
          kind: "stat",
          unit: "short",
          targets: [{ expr: "max(rate(weir_redis_cpu_seconds_total{@}[$__rate_interval]))", legend: "" }],
          threshold: { badFrom: 0.7 },
        },
        {
          title: "Memory of Redis",
          description: "Room before `maxmemory`.",
          kind: "stat",
          unit: "percentunit",
          targets: [
            { expr: "1 - max(weir_redis_memory_bytes{@}) / (max(weir_redis_memory_limit_bytes{@}) > 0)", legend: "" },
          ],
          threshold: { goodFrom: 0.15 },
          alert: "WeirRedisMemoryHigh",
        },
        {
          title: "Buffer",
          description: "Room before sends are refused.",
          kind: "stat",
          unit: "percentunit",
          targets: [{ expr: "1 - max(weir_buffer_entries{@}) / max(weir_buffer_limit_entries{@})", legend: "" }],
          threshold: { goodFrom: 0.5 },
          alert: "WeirBufferFilling",
        },
      ],
    },
    {
      title: "By gateway",
      panels: [
        {
          title: "Connections",
          description: "The fullest decides how many more the platform takes.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "sum by (instance) (weir_connections{@})", legend: "{{instance}}" }],
        },
        {
          title: "CPU",
          description: "Cores.",
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
          title: "Event loop delay",
          description: "99th percentile between two scrapes.",
          kind: "lines",
          unit: "s",
          targets: [
            { expr: 'max by (instance) (weir_loop_delay_seconds{@, quantile="0.99"})', legend: "{{instance}}" },
          ],
        },
      ],
    },
    {
      title: "What it costs",
      panels: [
        {
          title: "CPU for 10,000 connections",
          description: "Cores of the gateways, with what these clients send and receive now.",
          kind: "lines",
          unit: "short",
          targets: [
            {
              expr: '10000 * sum(rate(process_cpu_seconds_total{@}[$__rate_interval]) * on (namespace, job, instance) group_left () weir_build_info{@, role=~"gateway|all-in-one"}) / (sum(weir_connections{@}) > 0)',
              legend: "cores",
            },
          ],
        },
        {
          title: "Memory for a connection",
          description:
            "Of the gateways, with the processes themselves: means something from some thousand connections on.",
          kind: "lines",
          unit: "bytes",
          targets: [
            {
              expr: 'sum(process_resident_memory_bytes{@} * on (namespace, job, instance) group_left () weir_build_info{@, role=~"gateway|all-in-one"}) / (sum(weir_connections{@}) > 0)',
              legend: "bytes",
            },
          ],
        },
        {
          title: "Entries for each append",
          description: "Deliveries to rooms on gateways, over appends: how far the rooms are spread.",
          kind: "lines",
          unit: "short",
          targets: [
            {
              expr: "sum(rate(weir_delivered_entries_total{@}[$__rate_interval])) / (sum(rate(weir_messages_total{@}[$__rate_interval])) > 0)",
              legend: "deliveries",
            },
          ],
        },
      ],
    },
    {
      title: "Autoscaling",
      panels: [
        {
          title: "Connections for the autoscaler",
          description: "What it is asked to divide by its target.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "job:weir_connections:sum{@job}", legend: "{{job}}" }],
          alert: "WeirTargetLost",
        },
        {
          title: "Gateways wanted, there and allowed",
          description: "The autoscaler of the gateways.",
          kind: "lines",
          unit: "short",
          targets: [
            {
              expr: 'max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_desired_replicas{namespace=~"$namespace"})',
              legend: "wanted {{horizontalpodautoscaler}}",
            },
            {
              expr: 'max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_status_current_replicas{namespace=~"$namespace"})',
              legend: "there {{horizontalpodautoscaler}}",
            },
            {
              expr: 'max by (horizontalpodautoscaler) (kube_horizontalpodautoscaler_spec_max_replicas{namespace=~"$namespace"})',
              legend: "allowed {{horizontalpodautoscaler}}",
            },
          ],
          alert: "WeirAutoscalerAtMax",
          from: "kube-state-metrics",
        },
        {
          title: "Target and actual",
          description: "What each metric of the autoscaler is to be and is.",
          kind: "lines",
          unit: "short",
          targets: [
            {
              expr: 'max by (horizontalpodautoscaler, metric_name) (kube_horizontalpodautoscaler_spec_target_metric{namespace=~"$namespace"})',
              legend: "target {{metric_name}}",
            },
            {
              expr: 'max by (horizontalpodautoscaler, metric_name) (kube_horizontalpodautoscaler_status_target_metric{namespace=~"$namespace"})',
              legend: "actual {{metric_name}}",
            },
          ],
          from: "kube-state-metrics",
        },
        {
          title: "CPU held back",
          description:
            "Share of the periods in which the CPU limit held a container back. Above a few per cent, raise or remove the limit.",
          kind: "lines",
          unit: "percentunit",
          targets: [
            {
              expr: 'sum by (pod) (rate(container_cpu_cfs_throttled_periods_total{namespace=~"$namespace", container!=""}[$__rate_interval])) / sum by (pod) (rate(container_cpu_cfs_periods_total{namespace=~"$namespace", container!=""}[$__rate_interval]))',
              legend: "{{pod}}",
            },
          ],
          from: "cadvisor",
        },
      ],
    },
  ],
};
