import { randomInt } from "node:crypto";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { partitionKeys } from "../../src/adapters/redis/keys.ts";
import { flusherTiming } from "../../src/leadership/index.ts";
import { type FakeKubeApi, startFakeKubeApi } from "../harness/fake-kube-api.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { storedHistory } from "../harness/stored-history.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

const resources = new AsyncDisposableStack();
const database = `election-${randomInt(1_000_000)}`;
let kube: FakeKubeApi;
let redis: RedisServer;
let mongo: MongoServer;
let log: ReturnType<typeof testRedisLog>;
const flushers: WeirProcess[] = [];

beforeAll(async () => {
  kube = resources.use(await startFakeKubeApi());
  redis = resources.use(await startRedisServer({ appendOnly: true, sync: "always" }));
  mongo = await startMongoServer();
  resources.defer(() => mongo.stop());
  log = testRedisLog({ url: redis.url, prefix: "weir:" });
  await log.start();
  resources.defer(() => log.stop());
  const env = {
    WEIR_REDIS_URL: redis.url,
    WEIR_MONGODB_URL: mongo.url(database),
    WEIR_PARTITIONS: "1",
    WEIR_KUBECONFIG: kube.kubeconfig,
    WEIR_NAMESPACE: "chat",
    WEIR_DRAIN_WINDOW: "0s",
  };
  for (const pod of ["one", "two"])
    flushers.push(
      resources.use(await WeirProcess.start({ role: "flusher", env: { ...env, WEIR_POD_NAME: `flusher-${pod}` } })),
    );
});
afterAll(() => resources.disposeAsync());

async function leaders(): Promise<WeirProcess[]> {
  const led = await Promise.all(flushers.map((flusher) => flusher.metric("weir_leader")));
  return flushers.filter((_flusher, i) => led[i] === 1);
}

async function fence(): Promise<number> {
  const client = new Redis(redis.url);
  try {
    return Number(await client.hget(partitionKeys("weir:", 0).meta, "fence"));
  } finally {
    client.disconnect();
  }
}

/** Appends an entry, as often as it takes, and resolves once it is in the store. */
async function isStored(id: string): Promise<void> {
  const entry = { kind: "message", room: "team:1", id, from: { id: "ann" }, text: id } as const;
  const append = (): Promise<boolean> =>
    log.log.append(entry, "fast").then(
      () => true,
      () => false,
    );
  await until(append, { within: 20_000, every: 100 });
  const ids = async (): Promise<string[]> =>
    ((await storedHistory(mongo.url(database))).get("team:1") ?? []).map((stored) => stored.id);
  await until(async () => (await ids()).includes(id), { within: 20_000, every: 200 });
}

test("flushing goes on while the Kubernetes API is away, and one flusher leads", async () => {
  await isStored("before");
  const [leader] = await leaders();
  kube.fault = () => "hang";
  const from = performance.now();
  let count = 0;
  while (performance.now() - from < flusherTiming.leaseMs + flusherTiming.renewDeadlineMs)
    await isStored(`away-${++count}`);
  expect(await leaders()).toEqual([leader]);
  kube.fault = () => undefined;
  await isStored("after");
  expect(await leaders()).toEqual([leader]);
});

test("a flusher asks Kubernetes nothing", () => {
  expect(kube.requests).toEqual([]);
});

test("the fence never falls over a restart of Redis and the death of the leader, and one flusher leads then", async () => {
  const before = await fence();
  await redis.kill();
  await redis.restart();
  await isStored("redis-back");
  const between = await fence();
  expect(between).toBeGreaterThanOrEqual(before);
  const [leader] = await leaders();
  await leader?.kill();
  flushers.splice(
    flushers.findIndex((flusher) => flusher === leader),
    1,
  );
  await isStored("leader-gone");
  expect(await fence()).toBeGreaterThan(between);
  expect(await leaders()).toHaveLength(1);
});
