import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { loadable } from "../harness/cluster-load.ts";
import { type Pod, Release } from "../harness/cluster-release.ts";
import { say } from "../harness/cluster-watch.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";

/** Connections that one gateway is to have. */
const target = 30;
const [few, many] = [20, 80] as const;
/** Gateways for many. */
const three = Math.ceil(many / target);
/** For what waits for the autoscaler several times, ms. */
const timeout = 480_000;
const drainSeconds = 5;
/** The autoscaler looks every 15 s where nobody told it otherwise. */
const twoLooksMs = 30_000;

let release: Release;
let agent: ClusterAgent;

beforeAll(async () => {
  release = await Release.install({
    ...loadable,
    gateway: { drain: { preStopSeconds: 1, windowSeconds: drainSeconds }, resources: { requests: { cpu: "50m" } } },
    customMetrics: { enabled: true },
    autoscaling: {
      mode: "hpa",
      minReplicas: 2,
      maxReplicas: 4,
      connections: target,
      cpuPercent: 0,
      behavior: {
        scaleUp: { stabilizationWindowSeconds: 0, policies: [{ type: "Pods", value: 2, periodSeconds: 15 }] },
        scaleDown: { stabilizationWindowSeconds: 10, policies: [{ type: "Pods", value: 1, periodSeconds: 15 }] },
      },
    },
  });
  agent = await release.agent();
});
afterAll(() => release?.[Symbol.asyncDispose]());

/** Open connections of a gateway. */
async function connectionsOf({ ip }: Pod): Promise<number> {
  const { body } = await agent.fetch({ url: `http://${ip}:3001/metrics` });
  const samples = body.split("\n").filter((line) => line.startsWith("weir_connections{"));
  return samples.reduce((sum, line) => sum + Number(line.split(" ")[1]), 0);
}

async function hpa(field: string): Promise<string> {
  return release.kubectl("get", "hpa", "weir-gateway", `-o=jsonpath=${field}`);
}

const scalingActive = '{.status.conditions[?(@.type=="ScalingActive")].status}';

/** Resolves when many are connected to three gateways, whatever a first try left. */
async function full(): Promise<Pod[]> {
  await scaleControllers(2);
  await agent.hold({ url: release.url, count: many });
  return release.ready("gateway", three, 120_000);
}

/** The controllers are gone before connections fall: until then they tell the autoscaler what they see. */
async function loseMetric(): Promise<void> {
  await scaleControllers(0);
  await until(async () => (await release.pods("controller")).length === 0, { within: 60_000, every: 500 });
  await agent.hold({ url: release.url, count: few });
  await until(async () => (await hpa(scalingActive)) === "False", { within: 90_000, every: 1_000 });
}

async function scaleControllers(replicas: number): Promise<void> {
  await release.kubectl("scale", "deployment/weir-controller", `--replicas=${replicas}`);
}

test("connections grow, a gateway is added, and the new one gets its share of those that were there before", {
  timeout,
}, async () => {
  await agent.hold({ url: release.url, count: 0 });
  await release.ready("gateway", 2, 120_000);
  await until(async () => (await hpa(scalingActive)) === "True", { within: 90_000, every: 1_000 });
  const gateways = await full();
  const counts = (): Promise<number[]> => Promise.all(gateways.map(connectionsOf));
  await until(async () => Math.min(...(await counts())) >= (0.5 * many) / gateways.length, {
    within: 90_000,
    every: 1_000,
  });
  say(`${many} connections on ${gateways.length} gateways: ${(await counts()).join(", ")}`);
});

test("the source of the metric dies and connections fall: no gateway goes", { timeout }, async () => {
  await full();
  await loseMetric();
  await lasting(twoLooksMs);
  expect(await hpa(scalingActive)).toBe("False");
  await release.ready("gateway", three);
});

test("the metric is back: the emptiest gateway is the one that goes", { timeout }, async () => {
  if ((await release.pods("gateway")).length !== three || (await hpa(scalingActive)) !== "False") {
    await full();
    await loseMetric();
  }
  const before = await release.ready("gateway", three);
  const last = new Map<string, number>();
  await scaleControllers(2);
  const leaving = await until(
    async () => {
      const pods = await release.pods("gateway");
      const gone = before.find(({ name }) => !pods.some((pod) => pod.name === name && pod.endsAt === undefined));
      if (gone !== undefined) return gone;
      for (const pod of pods) last.set(pod.name, await connectionsOf(pod));
      return undefined;
    },
    { within: 120_000, every: 500 },
  );
  say(`of ${[...last.values()].join(", ")} connections the one with ${last.get(leaving.name)} went`);
  expect(last.get(leaving.name)).toBe(Math.min(...last.values()));
  await until(async () => (await release.pods("gateway")).length === 2, { within: 90_000, every: 1_000 });
  await agent.hold({ url: release.url, count: few });
});
