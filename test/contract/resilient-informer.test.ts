import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient, type KubeClient } from "../../src/adapters/kubernetes/kube-client.ts";
import { type InformerOptions, ResilientInformer } from "../../src/adapters/kubernetes/resilient-informer.ts";
import type { KubeObject } from "../../src/controller/ports/kube.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { ManualClock } from "../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { type FakeKubeApi, startFakeKubeApi } from "../harness/fake-kube-api.ts";
import { until } from "../harness/until.ts";

const pods = { group: "", version: "v1", plural: "pods", namespace: "chat" };
const pod = (name: string, app = "weir"): KubeObject => ({ metadata: { name, labels: { app } }, spec: {} });

let kube: FakeKubeApi;
let client: KubeClient;
const started: ResilientInformer[] = [];
beforeEach(async () => {
  kube = await startFakeKubeApi();
  client = createKubeClient({ kubeconfig: kube.kubeconfig, clock: systemClock, callTimeoutMs: 1_000 });
});
afterEach(async () => {
  await Promise.all(started.splice(0).map((informer) => informer.stop()));
  client.close();
  await kube[Symbol.asyncDispose]();
});

async function inform(options: Partial<InformerOptions> = {}): Promise<ResilientInformer> {
  const metrics = createMetrics({ processMetrics: false });
  const world = { clock: systemClock, random: () => 0, logger: silentLogger, metrics };
  const informer = new ResilientInformer({
    api: client,
    resource: pods,
    labelSelector: "app=weir",
    ...world,
    ...options,
  });
  started.push(informer);
  await informer.start();
  return informer;
}

const names = (informer: ResilientInformer): string[] | undefined =>
  informer
    .objects()
    ?.map(({ metadata }) => metadata.name)
    .sort();
const lists = (): number => kube.requests.filter(({ method, watch }) => method === "GET" && !watch).length;
const watches = (): number => kube.requests.filter(({ watch }) => watch).length;
const isWatching = (): Promise<boolean> => until(() => kube.store.watchers === 1);

test("it knows what is there, and follows what comes, changes and goes, of those it was asked for", async () => {
  kube.store.create(pods, pod("one"));
  kube.store.create(pods, pod("stranger", "other"));
  const informer = await inform();
  const told: string[] = [];
  informer.onChange((key) => told.push(key));
  await isWatching();
  expect(names(informer)).toEqual(["one"]);
  kube.store.create(pods, pod("two"));
  kube.store.replace(pods, { ...pod("one"), spec: { changed: true } });
  kube.store.remove(pods, "two");
  await until(() => told.includes("chat/one") && told.filter((key) => key === "chat/two").length === 2);
  expect(informer.objects()).toEqual([kube.store.get(pods, "one")]);
  expect(lists()).toBe(1);
});

test("it knows nothing before the first list, and says so", async () => {
  kube.fault = () => ({ status: 500 });
  const informer = await inform();
  await until(() => lists() >= 2);
  expect(informer.objects()).toBeUndefined();
  expect(informer.ageMs()).toBe(Number.POSITIVE_INFINITY);
  kube.fault = () => undefined;
  await until(() => names(informer)?.length === 0);
});

test("a watch that ends, breaks or is refused goes on where it was, without a list, and misses nothing", async () => {
  const informer = await inform();
  await isWatching();
  kube.store.create(pods, pod("one"));
  await until(() => names(informer)?.length === 1);
  kube.fault = ({ watch }) => (watch ? { status: 500 } : undefined);
  kube.store.endWatches();
  const refused = watches();
  await until(() => watches() > refused + 1);
  kube.store.create(pods, pod("two"));
  kube.store.remove(pods, "one");
  kube.fault = () => undefined;
  await until(() => names(informer)?.join() === "two");
  expect(lists()).toBe(1);
});

test("where the server has forgotten its version it lists again, and tells what changed meanwhile only", async () => {
  kube.store.create(pods, pod("stays"));
  kube.store.create(pods, pod("goes"));
  const informer = await inform();
  await isWatching();
  const told: string[] = [];
  informer.onChange((key) => told.push(key));
  kube.fault = ({ watch }) => (watch ? { status: 500 } : undefined);
  kube.store.endWatches();
  kube.store.remove(pods, "goes");
  kube.store.create(pods, pod("comes"));
  kube.store.compact();
  kube.fault = () => undefined;
  await until(() => names(informer)?.join() === "comes,stays");
  expect(told.sort()).toEqual(["chat/comes", "chat/goes"]);
  expect(lists()).toBe(2);
});

test("where the server says so in the middle of a watch, likewise", async () => {
  const informer = await inform();
  await isWatching();
  kube.store.compact(true);
  await until(() => lists() === 2);
  await isWatching();
  kube.store.create(pods, pod("later"));
  await until(() => names(informer)?.join() === "later");
});

test("a bookmark moves the place from which the next watch begins", async () => {
  await inform();
  await isWatching();
  kube.store.compact();
  kube.store.bookmark();
  kube.store.endWatches();
  await until(() => watches() === 2);
  await isWatching();
  expect(lists()).toBe(1);
});

test("waits longer after each failure, up to half a minute, and is quick again once something came", async () => {
  const clock = new ManualClock();
  const api = { list: () => Promise.reject(new Error("no")), watch: client.watch.bind(client) };
  let tries = 0;
  const informer = await inform({ clock, api: { ...api, list: () => (tries++, api.list()) } });
  const triesWithin = async (ms: number): Promise<number> => {
    const before = tries;
    await clock.advance(ms);
    return tries - before;
  };
  expect(await triesWithin(1_000)).toBeGreaterThanOrEqual(3);
  await clock.advance(120_000);
  expect(await triesWithin(60_000)).toBeLessThanOrEqual(4);
  expect(await triesWithin(60_000)).toBeGreaterThanOrEqual(2);
  await informer.stop();
});

test("everything is listed again after ten minutes", async () => {
  const clock = new ManualClock();
  await inform({ clock });
  await isWatching();
  await clock.advance(599_000);
  expect(lists()).toBe(1);
  await clock.advance(2_000);
  await until(() => kube.store.watchers === 0);
  await clock.advance(1_000);
  await until(() => lists() === 2);
});

test("its age is since the last word of the server, and is measured", async () => {
  const clock = new ManualClock();
  const metrics = createMetrics({ processMetrics: false });
  const informer = await inform({ clock, metrics });
  await isWatching();
  await clock.advance(45_000);
  expect(informer.ageMs()).toBe(45_000);
  expect((await metrics.scrape()).text).toMatch(/^weir_informer_age_seconds\{resource="pods"\} 45$/m);
  kube.store.bookmark();
  await until(() => informer.ageMs() === 0);
});

test("callbacks that fail hinder neither it nor each other", async () => {
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (_fields: object, event: string) => void errors.push(event) };
  const informer = await inform({ logger });
  const told: string[] = [];
  informer.onChange(() => {
    throw new Error("a bad callback");
  });
  informer.onChange(() => Promise.reject(new Error("a late one")));
  informer.onChange((key) => told.push(key));
  await isWatching();
  kube.store.create(pods, pod("one"));
  kube.store.create(pods, pod("two"));
  await until(() => told.length === 2 && errors.length === 4);
  expect(new Set(errors)).toEqual(new Set(["a callback failed"]));
});

test("once stopped it asks for nothing more and tells nothing more, in whatever it was stopped", async () => {
  const watching = await inform();
  await isWatching();
  await watching.stop();
  await until(() => kube.store.watchers === 0);
  kube.fault = () => "hang";
  const listing = await inform();
  await until(() => lists() === 2);
  await listing.stop();
  const after = kube.requests.length;
  kube.fault = () => undefined;
  kube.store.create(pods, pod("one"));
  expect(names(watching)).toEqual([]);
  expect(listing.objects()).toBeUndefined();
  expect(kube.requests.length).toBe(after);
});
