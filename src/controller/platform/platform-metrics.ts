import type { Metrics } from "../../telemetry/metrics.ts";
import type { Judgement } from "./conditions.ts";
import type { GatewayPod } from "./gateway-pod.ts";
import type { Observation } from "./observation.ts";

const values = { True: 1, False: 0, Unknown: -1 } as const;
const phases: readonly GatewayPod["phase"][] = ["starting", "ready", "unready", "leaving"];

/** Keeps the gauges at what was seen last. Where the pods could not be seen, theirs stay as they were. */
export function measurePlatform(metrics: Metrics, { pods }: Observation, judgements: readonly Judgement[]): void {
  for (const { type, status } of judgements)
    metrics.set("weir_platform_condition", { condition: type }, values[status]);
  if (pods === undefined) return;
  for (const phase of phases)
    metrics.set("weir_platform_gateways", { phase }, pods.filter((pod) => pod.phase === phase).length);
  const unknown = pods.filter(({ phase, connections }) => connections === undefined && /ready/.test(phase));
  metrics.set("weir_platform_counts_unknown", {}, unknown.length);
}
