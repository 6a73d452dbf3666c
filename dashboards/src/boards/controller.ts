import type { Board } from "../board.ts";
import { grown, perSecond } from "../promql.ts";

export const controller: Board = {
  uid: "weir-controller",
  title: "Weir / Controller",
  description: "What the controller in Kubernetes sees of the platform and does about it.",
  rows: [
    {
      title: "The platform",
      panels: [
        {
          title: "Conditions",
          description: "Of the ChatPlatform: 1 true, 0 false, below 0 unknown.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "max by (condition) (weir_platform_condition{@})", legend: "{{condition}}" }],
          from: "a controller",
        },
        {
          title: "Gateway pods",
          description: "By phase. Those that are leaving still have clients.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "max by (phase) (weir_platform_gateways{@})", legend: "{{phase}}" }],
          from: "a controller",
        },
        {
          title: "Pods that do not say how many clients they have",
          description: "While there are some, the custom metrics API answers 503, and an autoscaler keeps what it has.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: "max(weir_platform_counts_unknown{@})", legend: "pods" }],
          alert: "WeirTargetLost",
          from: "a controller",
        },
      ],
    },
    {
      title: "What it does",
      panels: [
        {
          title: "Controllers that lead",
          description: "Exactly 1 is normal.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: 'role:weir_leader:sum{@job, role="controller"}', legend: "{{job}}" }],
          alert: "WeirNoLeader",
          from: "a controller",
        },
        {
          title: "Rounds",
          description:
            "Of its loops a second, by loop and result. Errors now and then are a conflict with another writer; it tries again.",
          kind: "lines",
          unit: "cps",
          targets: [
            { expr: perSecond("weir_reconciles_total", { by: "loop, result" }), legend: "{{loop}} {{result}}" },
          ],
          from: "a controller",
        },
        {
          title: "Age of what it sees",
          description:
            "Since when its view of each kind of object is not known to be current. About a minute where nothing changes; more is a watch that hangs.",
          kind: "lines",
          unit: "s",
          targets: [{ expr: "max by (resource) (weir_informer_age_seconds{@})", legend: "{{resource}}" }],
          from: "a controller",
        },
        {
          title: "Marks for a scale-in",
          description: "On gateway pods, by result. A conflict is another owner of the mark.",
          kind: "lines",
          unit: "short",
          targets: [{ expr: grown("weir_deletion_cost_writes_total", { by: "result" }), legend: "{{result}}" }],
          from: "a controller",
        },
        {
          title: "Custom metrics API",
          description: "Answers a second, by code.",
          kind: "lines",
          unit: "cps",
          targets: [{ expr: perSecond("weir_custom_metrics_requests_total", { by: "code" }), legend: "{{code}}" }],
          from: "a controller",
        },
      ],
    },
  ],
};
