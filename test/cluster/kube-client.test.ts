import { randomInt } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { createKubeClient, type KubeClient } from "../../src/adapters/kubernetes/kube-client.ts";
import { ResilientInformer } from "../../src/adapters/kubernetes/resilient-informer.ts";
import type { KubeObject } from "../../src/controller/ports/kube.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { apply, kubectl } from "../harness/cluster-kubectl.ts";
import { type ClusterLink, linkToCluster } from "../harness/cluster-link.ts";
import { runRandom } from "../harness/seeded-random.ts";
import { until } from "../harness/until.ts";

const namespace = `weir-test-${randomInt(1_000_000_000)}`;
const configMaps = { group: "", version: "v1", plural: "configmaps", namespace };
const labels = { "weir.chat/test": "client" };
const selector = "weir.chat/test=client";

function configMap(name: string, data: Readonly<Record<string, string>>): KubeObject {
  return { apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace, labels }, data };
}

beforeAll(() => apply({ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }));
afterAll(() => kubectl(["delete", "namespace", namespace, "--wait=false"]));

let link: ClusterLink;
let client: KubeClient;
beforeEach(async () => {
  // A test that is tried again makes them anew.
  await kubectl(["--namespace", namespace, "delete", "configmap", `--selector=${selector}`]);
  link = await linkToCluster();
  client = createKubeClient({ kubeconfig: link.kubeconfig, clock: systemClock, callTimeoutMs: 5_000 });
});
afterEach(async () => {
  client.close();
  await link[Symbol.asyncDispose]();
});

test("many calls go over one TLS connection, and a dead one is left at the deadline", async () => {
  for (let i = 0; i < 30; i++) await client.list(configMaps);
  expect(link.proxy.connections).toBe(1);
  link.proxy.silence();
  await expect(client.list(configMaps)).rejects.toMatchObject({ reason: "unreachable" });
  link.proxy.heal();
  await client.list(configMaps);
  expect(link.proxy.connections).toBe(2);
});

test("the server refuses what it should, and the client says why", async () => {
  await expect(client.get(configMaps, "none")).rejects.toMatchObject({ reason: "not-found" });
  const made = await client.create(configMaps, configMap("one", { a: "1" }));
  await expect(client.create(configMaps, configMap("one", {}))).rejects.toMatchObject({ reason: "conflict" });
  await client.replace(configMaps, { ...made, data: { a: "2" } });
  await expect(client.replace(configMaps, { ...made, data: { a: "3" } })).rejects.toMatchObject({ reason: "conflict" });
  await expect(client.create(configMaps, configMap("Not A Name", {}))).rejects.toMatchObject({ reason: "invalid" });
});

test("a field belongs to who applied it, until another takes it by force", async () => {
  await client.apply(configMaps, configMap("two", { a: "1" }), { fieldManager: "theirs", force: false });
  const ours = { fieldManager: "ours", force: false };
  await expect(client.apply(configMaps, configMap("two", { a: "2" }), ours)).rejects.toMatchObject({
    reason: "conflict",
    message: expect.stringContaining("theirs") as unknown,
  });
  const taken = await client.apply(configMaps, configMap("two", { a: "2" }), { ...ours, force: true });
  expect(taken["data"]).toEqual({ a: "2" });
});

test("an informer follows through cut connections and misses nothing", async () => {
  const world = { clock: systemClock, random: runRandom(), logger: silentLogger };
  const metrics = createMetrics({ processMetrics: false });
  const selection = { resource: configMaps, labelSelector: selector };
  const informer = new ResilientInformer({ api: client, ...selection, ...world, metrics });
  const names = (): string[] | undefined =>
    informer
      .objects()
      ?.map(({ metadata }) => metadata.name)
      .sort();
  await informer.start();
  const direct = createKubeClient({ kubeconfig: process.env["KUBECONFIG"], clock: systemClock, callTimeoutMs: 5_000 });
  try {
    await until(() => names() !== undefined);
    await direct.create(configMaps, configMap("seen", {}));
    await until(() => names()?.includes("seen"));
    link.proxy.cut();
    await direct.create(configMaps, configMap("missed", {}));
    await direct.remove(configMaps, "seen");
    link.proxy.heal();
    await until(() => names()?.includes("missed") === true && !names()?.includes("seen"));
    await until(async () => {
      const { items } = await direct.list(configMaps, selection);
      expect(names()).toEqual(items.map(({ metadata }) => metadata.name).sort());
      return true;
    });
  } finally {
    await informer.stop();
    direct.close();
  }
});
