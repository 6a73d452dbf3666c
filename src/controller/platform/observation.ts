import type { Backlog } from "../ports/sources.ts";
import type { GatewayPod } from "./gateway-pod.ts";

/** Everything that is judged, as it was seen at one time. What is undefined could not be seen: it is unknown, never 0. */
export interface Observation {
  readonly pods: readonly GatewayPod[] | undefined;
  readonly backlog: Backlog | undefined;
  readonly storeReachable: boolean;
  /** Who writes to the store; empty where nobody does. */
  readonly flusher: string | undefined;
  /** What keeps the controller from marking pods for deletion; undefined where nothing does. */
  readonly costConflict: string | undefined;
}

/** What a ChatPlatform holds its deployment to. */
export interface PlatformBounds {
  readonly gatewayCapacity: number;
  readonly headroomPercent: number;
  readonly imbalancePercent: number;
  readonly backlogMaxAgeSeconds: number;
  readonly backlogMaxEntries: number;
  readonly deletionCost: boolean;
}

export const defaultBounds: PlatformBounds = {
  gatewayCapacity: 10_000,
  headroomPercent: 20,
  imbalancePercent: 150,
  backlogMaxAgeSeconds: 30,
  backlogMaxEntries: 100_000,
  deletionCost: true,
};

/** Figures that follow from the pods. */
export interface FleetFigures {
  readonly total: number;
  readonly ready: number;
  readonly draining: number;
  /** Gateways that may hold clients and do not say how many. */
  readonly unknown: number;
  /** Of those that do. */
  readonly connections: number;
  /** Free share of what the ready gateways can carry; undefined without one, or with one whose count is unknown. */
  readonly headroomPercent: number | undefined;
  /** The fullest ready gateway over the mean, and how many clients it has above it; undefined where a count is unknown. */
  readonly imbalance: { readonly percent: number; readonly excess: number } | undefined;
}

/** @param capacity connections that one gateway carries */
export function fleetFigures(pods: readonly GatewayPod[], capacity: number): FleetFigures {
  const staying = pods.filter(({ phase }) => phase === "ready" || phase === "unready");
  const ready = pods.filter(({ phase }) => phase === "ready");
  const known = staying.flatMap(({ connections }) => (connections === undefined ? [] : [connections]));
  const held = ready.flatMap(({ connections }) => (connections === undefined ? [] : [connections]));
  const whole = ready.length > 0 && held.length === ready.length;
  return {
    total: pods.length,
    ready: ready.length,
    draining: pods.filter(({ phase }) => phase === "leaving").length,
    unknown: staying.length - known.length,
    connections: sum(known),
    headroomPercent: whole ? Math.floor(100 - (100 * sum(held)) / (capacity * held.length)) : undefined,
    imbalance: whole ? imbalanceOf(held) : undefined,
  };
}

function imbalanceOf(held: readonly number[]): { percent: number; excess: number } {
  const mean = sum(held) / held.length;
  const most = Math.max(...held);
  return { percent: mean === 0 ? 100 : Math.round((100 * most) / mean), excess: most - mean };
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}
