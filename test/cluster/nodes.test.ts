import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { kubectl } from "../harness/cluster-kubectl.ts";
import { loadable, underLoad } from "../harness/cluster-load.ts";
import { type Component, type Pod, Release } from "../harness/cluster-release.ts";
import { nodeCommands, runCommand, size } from "../harness/cluster-settings.ts";
import { flushingPod, replaced, say, takeoverFrom, takeoverMs } from "../harness/cluster-watch.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { until } from "../harness/until.ts";

const mark = "weir-test";

let release: Release;
let agent: ClusterAgent;
/** Has the stores and the clients. */
let staying: string;
/** Has a gateway. */
let leaving = "";

beforeAll(async () => {
  release = await Release.install({ ...loadable, commonLabels: { [mark]: "moves" } });
  const [redis] = await release.ready("redis-demo", 1);
  staying = redis?.node ?? "";
  await bringStoreTo(staying);
  agent = await release.agent({ node: staying });
  leaving = (await release.ready("gateway", 2)).find(({ node }) => node !== staying)?.node ?? "";
  expect(leaving, "the gateways are on two nodes").not.toBe("");
});
afterAll(async () => {
  if (leaving !== "") await kubectl(["uncordon", leaving]);
  await release?.[Symbol.asyncDispose]();
});

/** It has stored nothing yet, so it may start again elsewhere. */
async function bringStoreTo(node: string): Promise<void> {
  const [store] = await release.ready("mongodb-demo", 1);
  if (store === undefined || store.node === node) return;
  await kubectl(["cordon", store.node]);
  try {
    await release.kubectl("delete", "pod", store.name);
    await until(async () => (await release.pods("mongodb-demo"))[0]?.node === node, { within: 60_000, every: 500 });
  } finally {
    await kubectl(["uncordon", store.node]);
  }
  await release.ready("mongodb-demo", 1);
  await release.ready("gateway", 2);
}

/** Has a flusher on that node lead while the other is elsewhere: a pod that replaces another may come to any node. */
async function leadOn(node: string): Promise<string> {
  return until(
    async () => {
      const leader = await flushingPod(release);
      const pods = await release.ready("flusher", 2);
      const [leading, following] = [true, false].map((leads) => pods.find(({ name }) => (name === leader) === leads));
      if (leading?.node === node && following?.node !== node) return leader;
      const misplaced = leading?.node === node ? following : leading;
      if (misplaced !== undefined) await release.kubectl("delete", "pod", misplaced.name);
      return undefined;
    },
    { within: 180_000, every: 1_000 },
  );
}

/** Has a gateway on that node: one that replaces another may come to any, and who drains none proves nothing. */
async function gatewayOn(node: string): Promise<void> {
  await kubectl(["uncordon", node]);
  await until(
    async () => {
      const gateways = await release.ready("gateway", 2);
      if (gateways.some((gateway) => gateway.node === node)) return true;
      await release.kubectl("delete", "pod", gateways[0]?.name ?? "");
      return false;
    },
    { within: 180_000, every: 1_000 },
  );
}

/** Load while the node ends as in a crash; it is brought back however that goes. */
async function loadOverCrash(leader: string): ReturnType<typeof underLoad> {
  try {
    return await underLoad({ release, agent, name: "crash" }, async () => {
      const crashed = runCommand("WEIR_TEST_NODE_STOP", nodeCommands.stop, leaving);
      const next = await takeoverFrom(release, leader);
      await crashed;
      say(
        `${next.leader} leads at least ${(next.tookMs / 1_000).toFixed(1)} s after the last sign of the one on ${leaving}`,
      );
      expect(next.tookMs, byPace("take-over")).toBeLessThanOrEqual(takeoverMs);
      // Who was connected there finds out by missed heartbeats.
      await until(async () => (await agent.status()).live < size.clients, { within: 120_000, every: 500 });
      await until(async () => (await agent.status()).live === size.clients, { within: 120_000, every: 500 });
    });
  } finally {
    await runCommand("WEIR_TEST_NODE_START", nodeCommands.start, leaving);
  }
}

test(
  "a node ends as in a crash with a gateway and the leading flusher: nothing acknowledged is lost or doubled, another leads within 8 s",
  onPaceOnly,
  async () => {
    const leader = await leadOn(leaving);
    const report = await loadOverCrash(leader);
    say(`crash: ${report.acked} acknowledged, none for ${report.longestSilenceMs.toFixed(0)} ms at most`);
    expect(report.refused).toEqual({});
    // A connection to a node that is gone looks alive, so tries without an answer are what is to be expected.
    expect(report.violations.filter(({ invariant }) => invariant !== "I10")).toEqual([]);
    await release.ready("gateway", 2, 180_000);
  },
);

test(
  "a node is drained: the budgets keep a gateway and a flusher at all times, nothing is lost or doubled, every pod is gone in time",
  onPaceOnly,
  async () => {
    await gatewayOn(leaving);
    const report = await underLoad({ release, agent, name: "drain" }, async () => {
      const kept = [leastLeft("gateway"), leastLeft("flusher")];
      const drain = [
        "drain",
        leaving,
        "--delete-emptydir-data",
        "--ignore-daemonsets",
        "--force",
        `--pod-selector=${mark}`,
      ];
      const departures = await replaced({ release, component: "gateway", node: leaving }, () => kubectl(drain));
      for (const { sparedSeconds } of departures) expect(sparedSeconds, byPace("grace period")).toBeGreaterThan(0);
      await release.ready("gateway", 2);
      await kubectl(["uncordon", leaving]);
      for (const least of kept) expect(await least.stop()).toBeGreaterThanOrEqual(1);
    });
    say(`drain: ${report.acked} acknowledged, none for ${report.longestSilenceMs.toFixed(0)} ms at most`);
    expect({ refused: report.refused, violations: report.violations }).toEqual({ refused: {}, violations: [] });
  },
);

test("an eviction that would leave no gateway is refused", async () => {
  const [one, other] = await release.ready("gateway", 2);
  await evict(one);
  await expect(evict(other)).rejects.toThrow("disruption budget");
});

function evict(pod: Pod | undefined): Promise<string> {
  const name = pod?.name ?? "";
  const path = `/api/v1/namespaces/${release.namespace}/pods/${name}/eviction`;
  const eviction = { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace: release.namespace } };
  return kubectl(["create", "--raw", path, "-f", "-"], JSON.stringify(eviction));
}

/** The fewest pods of a component that were not told to end at a time, until `stop`. */
function leastLeft(component: Component): { readonly stop: () => Promise<number> } {
  let least = Number.POSITIVE_INFINITY;
  let isOver = false;
  const look = async (): Promise<boolean> => {
    least = Math.min(least, (await release.pods(component)).filter(({ endsAt }) => endsAt === undefined).length);
    return isOver;
  };
  const over = until(look, { within: 300_000, every: 500 });
  // Nobody stops it where the test fails before: its end is then no news, and must not end the process.
  over.catch(() => undefined);
  return {
    stop: async () => {
      isOver = true;
      await over;
      return least;
    },
  };
}
