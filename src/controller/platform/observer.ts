import type { Clock } from "../../kernel/clock.ts";
import { withDeadline } from "../../kernel/deadline.ts";
import type { BacklogReader, FleetReader, ObjectView } from "../ports/sources.ts";
import { type GatewayPod, gatewayPods } from "./gateway-pod.ts";
import type { LeaderWatch } from "./leader-watch.ts";
import type { Observation } from "./observation.ts";

/** Where the facts come from. */
export interface Sources {
  readonly pods: ObjectView;
  readonly fleet: FleetReader;
  readonly backlog: BacklogReader;
  /** Rejects where the store does not answer. */
  readonly store: { ping(): Promise<void> };
  readonly flusher: Pick<LeaderWatch, "leader">;
  readonly clock: Clock;
}

/** How long one source may take before what it says is unknown, ms. */
const sourceMs = 3_000;
/** A view of the pods that is older than this is none: the server sends a sign of life about every minute. */
const stalePodsMs = 150_000;

/** Looks at everything at once. Never rejects: what can't be seen is undefined. */
export async function observe(sources: Sources): Promise<Omit<Observation, "costConflict">> {
  const { backlog, store, flusher, clock } = sources;
  const reached = async (): Promise<true> => {
    await store.ping();
    return true;
  };
  const [pods, waiting, answers, leader] = await Promise.all([
    observePods(sources),
    known(clock, () => backlog.backlog()),
    known(clock, reached),
    known(clock, () => flusher.leader()),
  ]);
  return { pods, backlog: waiting, storeReachable: answers ?? false, flusher: leader };
}

/** The gateways with what they hold; undefined where the cluster can't be seen. Never rejects. */
export async function observePods({
  pods,
  fleet,
  clock,
}: Pick<Sources, "pods" | "fleet" | "clock">): Promise<GatewayPod[] | undefined> {
  const loads = (await known(clock, () => fleet.loads())) ?? [];
  const objects = pods.objects();
  if (objects === undefined || pods.ageMs() > stalePodsMs) return undefined;
  return gatewayPods({ pods: objects, loads, now: clock.now() });
}

async function known<T>(clock: Clock, ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await withDeadline({ clock, ms: sourceMs, error: () => new Error("no answer in time") }, ask);
  } catch {
    return undefined;
  }
}
