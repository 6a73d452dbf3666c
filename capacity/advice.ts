import type { Costs } from "./costs.ts";
import type { Point } from "./measurement.ts";
import { type Need, plan } from "./model.ts";
import type { PodSize } from "./pod-size.ts";
import type { Workload } from "./workloads.ts";

/** Of what a pod was seen to carry, what an autoscaler should aim at. */
const ofTested = 0.7;
/** Of a core, what the clients of a leaving pod may cost each of the pods that take them, and how many those are at least. */
const drainCores = 0.2;
const pods = 3;
const shortestDrainSeconds = 60;
/** `WEIR_PARTITIONS` and `WEIR_BUFFER_MAX_MESSAGES`. */
const bufferEntries = 16 * 100_000;

/** The most connections at which a step held, of a size or of any; undefined where that was not measured. */
export function mostConnections(points: readonly Point[], size?: string): number | undefined {
  const of = points.filter((point) => point.use === "connections" && (size === undefined || point.size === size));
  const held = of.filter(({ broken }) => broken.length === 0);
  return held.length === 0 ? undefined : Math.max(...held.map(({ load }) => load.connections));
}

/** The last step of the ramp of rates before one broke an objective, and that one. */
export function rampOf(points: readonly Point[], size: string): { readonly held?: Point; readonly broke?: Point } {
  const steps = points.filter((point) => point.size === size && point.use === "rate");
  const broke = steps.find(({ broken }) => broken.length > 0);
  const held = steps.filter(({ broken }) => broken.length === 0).at(-1);
  return { ...(held === undefined ? {} : { held }), ...(broke === undefined ? {} : { broke }) };
}

/** What to set `autoscaling.connections` to. */
export interface Target {
  readonly connections: number;
  /** What keeps it from being more. */
  readonly by: Need["podsBy"] | "not tested beyond";
}

/** A deployment that is large enough for its pods to share the load of most rooms. */
const typicalConnections = 1_000_000;

export function targetOf(costs: Costs, points: readonly Point[], size: PodSize, workload: Workload): Target {
  const { connectionsPerPod, podsBy } = plan(costs, { connections: typicalConnections, workload, size });
  const tested = mostConnections(points, size.name) ?? mostConnections(points);
  const seen = tested === undefined ? Number.POSITIVE_INFINITY : ofTested * tested;
  const by = seen < connectionsPerPod ? "not tested beyond" : podsBy;
  return { connections: Math.floor(Math.min(seen, connectionsPerPod) / 100) * 100, by };
}

/** A window in which a pod's clients may move without more than a fifth of a core on each of three pods that take them. */
export function drainSeconds({ gateway }: Costs, connections: number, { roomsEach }: Workload): number {
  const cost = connections * (gateway.client + roomsEach * gateway.join);
  return Math.max(shortestDrainSeconds, 10 * Math.ceil(cost / (pods * drainCores) / 10));
}

/** How long the database may be away with the default watermark, until sends are refused, s. */
export function bridgedSeconds(messagesPerSecond: number): number {
  return bufferEntries / messagesPerSecond;
}

/** `WEIR_BUFFER_MAX_MESSAGES` for a quarter of an hour without the database, where rooms are spread evenly. */
export function watermarkFor(messagesPerSecond: number): number {
  return 1_000 * Math.ceil((messagesPerSecond * 900) / 16 / 1_000);
}
