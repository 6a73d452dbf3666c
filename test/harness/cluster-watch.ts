import { kubectl } from "./cluster-kubectl.ts";
import type { Component, Pod, Release } from "./cluster-release.ts";
import { until } from "./until.ts";

/** What is promised after a crash of a leading flusher: its lease, 6 s, and the time to notice that it has run out. */
export const takeoverMs = 8_000;

/** A pod that was told to end. */
export interface Departure {
  readonly pod: string;
  /** How long before the end of its grace period it was gone, s; negative where it took longer. */
  readonly sparedSeconds: number;
}

/** Says what is measured, for whoever reads the log of a run. */
export function say(text: string): void {
  process.stdout.write(`  ${text}\n`);
}

export interface Replaced {
  readonly release: Release;
  readonly component: Component;
  /** Only those of this node. */
  readonly node?: string;
}

/** Does something to the pods of a component and resolves once all that were there before are gone. */
export async function replaced(
  { release, component, node }: Replaced,
  during: () => Promise<unknown>,
): Promise<Departure[]> {
  const here = (await release.pods(component)).filter((pod) => node === undefined || pod.node === node);
  const before = new Set(here.map(({ name }) => name));
  const ends = new Map<string, number>();
  const departures: Departure[] = [];
  const look = async (): Promise<boolean> => {
    const pods = new Map((await release.pods(component)).map((pod) => [pod.name, pod]));
    for (const name of before) {
      const endsAt = pods.get(name)?.endsAt;
      // As it was told first: once a pod has ended its kubelet brings this forward to now, and that may be seen too.
      if (endsAt !== undefined && !ends.has(name)) ends.set(name, endsAt);
      if (pods.has(name)) continue;
      departures.push({ pod: name, sparedSeconds: ((ends.get(name) ?? Number.NaN) - Date.now()) / 1_000 });
      before.delete(name);
    }
    return before.size === 0;
  };
  await Promise.all([during(), until(look, { within: 180_000, every: 500 })]);
  return departures;
}

/** The pod of the leading flusher; undefined while none leads. */
export async function flushingPod(release: Release): Promise<string | undefined> {
  return (await readLease(release)).leader;
}

export interface Takeover {
  readonly leader: string;
  /**
   * From when the one before was last seen to renew its lease to when it was last asked for in vain who else leads, ms. It took at
   * least so long: what an answer of the API takes is not in it.
   */
  readonly tookMs: number;
}

/** Resolves when another pod than this one leads. */
export async function takeoverFrom(release: Release, before: string | undefined): Promise<Takeover> {
  let seen = { renewed: "", at: performance.now() };
  let missedAt = seen.at;
  return until(
    async () => {
      const askedAt = performance.now();
      const { leader, renewed } = await readLease(release);
      if (leader !== undefined && leader !== before) return { leader, tookMs: Math.max(0, missedAt - seen.at) };
      missedAt = askedAt;
      if (renewed !== seen.renewed) seen = { renewed, at: performance.now() };
      return undefined;
    },
    { within: 60_000, every: 100 },
  );
}

/** The lease is in Redis; each renewal changes its version. */
async function readLease(release: Release): Promise<{ readonly leader: string | undefined; readonly renewed: string }> {
  const asked = ["redis-cli", "--raw", "hmget", "weir:lease:flusher", "holder", "version"];
  const facts = await release.kubectl("exec", `statefulset/${release.name}-redis-demo`, "--", ...asked);
  const [holder = "", renewed = ""] = facts.split("\n");
  // The lease that nobody holds has an empty holder.
  return { leader: holder === "" ? undefined : holder.split("_")[0], renewed };
}

/** Ends a pod without a chance to say goodbye. */
export async function forceDelete(release: Release, pod: Pod | string): Promise<void> {
  const name = typeof pod === "string" ? pod : pod.name;
  await kubectl(["-n", release.namespace, "delete", "pod", name, "--force", "--grace-period=0"]);
}
