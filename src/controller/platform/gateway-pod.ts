import type { KubeObject } from "../ports/kube.ts";
import type { ReportedLoad } from "../ports/sources.ts";

/** One gateway pod, as the controller sees it. */
export interface GatewayPod {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `leaving`: it is being deleted. `starting`: nothing runs in it, or it is young and not ready. `unready`: what else is not ready. */
  readonly phase: "starting" | "ready" | "unready" | "leaving";
  /** Undefined where no process of it says what it holds: that is not 0. */
  readonly connections: number | undefined;
  /** What `controller.kubernetes.io/pod-deletion-cost` says, where it says a number. */
  readonly deletionCost: number | undefined;
}

export const deletionCostAnnotation = "controller.kubernetes.io/pod-deletion-cost";

/** For so long a pod that is not ready may be one that has never been, ms: clients have not come to it yet. */
const startingMs = 60_000;

interface PodFacts {
  readonly pods: readonly KubeObject[];
  readonly loads: readonly ReportedLoad[];
  /** Unix ms. */
  readonly now: number;
}

/** The gateways among the pods that have not ended, by name. */
export function gatewayPods({ pods, loads, now }: PodFacts): GatewayPod[] {
  const held = connectionsByPod(loads);
  return pods
    .filter((pod) => !hasEnded(pod))
    .map((pod) => ({
      name: pod.metadata.name,
      labels: pod.metadata.labels ?? {},
      phase: phaseOf(pod, now),
      connections: held.get(pod.metadata.name),
      deletionCost: costOf(pod),
    }))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

/** Names of pods have no `_`, so the last one ends the name. */
function connectionsByPod(loads: readonly ReportedLoad[]): ReadonlyMap<string, number> {
  const held = new Map<string, number>();
  for (const { gateway, connections } of loads) {
    const pod = gateway.slice(0, Math.max(0, gateway.lastIndexOf("_")));
    held.set(pod, (held.get(pod) ?? 0) + connections);
  }
  return held;
}

function phaseOf(pod: KubeObject, now: number): GatewayPod["phase"] {
  if (pod.metadata.deletionTimestamp !== undefined) return "leaving";
  if (isReady(pod)) return "ready";
  if (!mayRun(pod)) return "starting";
  const created = Date.parse(pod.metadata.creationTimestamp ?? "");
  return now - created < startingMs ? "starting" : "unready";
}

function statusOf(pod: KubeObject): object {
  const { status } = pod;
  return typeof status === "object" && status !== null ? status : {};
}

function hasEnded(pod: KubeObject): boolean {
  const status = statusOf(pod);
  return "phase" in status && (status.phase === "Succeeded" || status.phase === "Failed");
}

/** False where no container runs: not yet, or not now because it keeps on ending. Then no client is in it. */
function mayRun(pod: KubeObject): boolean {
  const status = statusOf(pod);
  if ("phase" in status && status.phase === "Pending") return false;
  const containers: unknown = "containerStatuses" in status ? status.containerStatuses : [];
  if (!Array.isArray(containers) || containers.length === 0) return true;
  return containers.some(
    (one: unknown) => isRecord(one) && isRecord(one["state"]) && isRecord(one["state"]["running"]),
  );
}

function isReady(pod: KubeObject): boolean {
  const status = statusOf(pod);
  const conditions: unknown = "conditions" in status ? status.conditions : [];
  if (!Array.isArray(conditions)) return false;
  return conditions.some(
    (found: unknown) => isRecord(found) && found["type"] === "Ready" && found["status"] === "True",
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}

function costOf(pod: KubeObject): number | undefined {
  const text = pod.metadata.annotations?.[deletionCostAnnotation];
  return text !== undefined && /^-?\d{1,10}$/.test(text) ? Number(text) : undefined;
}
