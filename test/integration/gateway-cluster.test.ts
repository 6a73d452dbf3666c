import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import { type GatewayFixture, startGateway, type TestClient } from "../harness/gateway-fixture.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";

let redis: RedisServer;

beforeAll(async () => {
  redis = await startRedisServer({ appendOnly: true });
});

afterAll(() => redis.close());

interface ClusterGateway extends AsyncDisposable {
  readonly fixture: GatewayFixture;
  /** Ends every subscription there is, as Redis does with subscribers that are too slow. */
  cutSubscriptions(): Promise<void>;
}

async function startClusterGateway(prefix: string): Promise<ClusterGateway> {
  const log: RedisLog = testRedisLog({ url: redis.url, prefix });
  await log.start();
  const { pub, sub } = log.adapterClients();
  const whole = wholeLog(log);
  const fixture = await startGateway({
    gateway: { log: whole, feed: whole },
    sockets: { cluster: { publisher: pub, subscriber: sub, channelPrefix: `${prefix}ephemeral` } },
  });
  return {
    fixture,
    cutSubscriptions: async () => void (await pub.call("CLIENT", "KILL", "TYPE", "pubsub")),
    [Symbol.asyncDispose]: async () => {
      await fixture[Symbol.asyncDispose]();
      await log.stop();
    },
  };
}

async function join(gateway: ClusterGateway, user: string, room: string): Promise<TestClient> {
  const client = await gateway.fixture.connect(user);
  expect(await client.request("room:join", { room })).toMatchObject({ ok: true });
  return client;
}

test("two gateways on one Redis give every client one order, also of a burst", async () => {
  const prefix = `order-${randomUUID()}:`;
  await using one = await startClusterGateway(prefix);
  await using two = await startClusterGateway(prefix);
  const clients = [await join(one, "alice", "r"), await join(two, "bob", "r"), await join(two, "carol", "r")];
  const sends = clients.flatMap((client, c) =>
    Array.from({ length: 200 }, (_, i) => client.request("message:send", { room: "r", id: `c${c}-${i}`, text: "x" })),
  );
  for (const answer of await Promise.all(sends)) expect(answer).toMatchObject({ ok: true });
  await until(() => clients.every(({ entries }) => entries.length === 600));
  const [first, ...others] = clients.map(({ entries }) => entries.map(({ seq, id }) => `${seq} ${id}`));
  expect(clients[0]?.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 600 }, (_, i) => i + 1));
  for (const other of others) expect(other).toEqual(first);
});

test("join, leave and join without waiting end in the room, heard and writable, each time", async () => {
  await using gateway = await startClusterGateway(`again-${randomUUID()}:`);
  const alice = await gateway.fixture.connect("alice");
  for (let i = 1; i <= 6; i++) {
    const room = `r${i}`;
    const answers = await Promise.all([
      alice.request("room:join", { room }),
      alice.request("room:leave", { room }),
      alice.request("room:join", { room }),
      alice.request("message:send", { room, id: "m", text: "x" }),
    ]);
    for (const answer of answers) expect(answer).toMatchObject({ ok: true });
    await until(() => alice.entries.length === i);
  }
});

test("subscriptions that are cut again and again under load cost nobody a message, and no order", async () => {
  const prefix = `cut-${randomUUID()}:`;
  await using one = await startClusterGateway(prefix);
  await using two = await startClusterGateway(prefix);
  const alice = await join(one, "alice", "r");
  const bob = await join(two, "bob", "r");
  const total = 1_500;
  for (let sent = 0; sent < total; sent += 50) {
    const batch = Array.from({ length: 50 }, (_, i) => ({ room: "r", id: `m${sent + i}`, text: "x" }));
    const answers = Promise.all(batch.map((message) => alice.request("message:send", message)));
    if (sent % 250 === 0) await one.cutSubscriptions();
    for (const answer of await answers) expect(answer).toMatchObject({ ok: true });
  }
  await until(() => [alice, bob].every(({ entries }) => entries.length >= total), { within: 20_000 });
  for (const client of [alice, bob]) {
    expect(client.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: total }, (_, i) => i + 1));
    expect(client.pushes("room:resync")).toEqual([]);
  }
  expect((await two.fixture.metrics.scrape()).text).toMatch(/weir_feed_interruptions_total [1-9]/);
});

test.each(["r", "room-of-15-chars", "exactly-18-letters", "exactly-twenty-chars"])(
  "typing in the room %s is seen by its members on the other gateway, and by nobody else",
  async (room) => {
    await using one = await startClusterGateway("typing:");
    await using two = await startClusterGateway("typing:");
    const alice = await join(one, "alice", room);
    const bob = await join(two, "bob", room);
    const carol = await join(two, "carol", "elsewhere");
    await until(async () => {
      await alice.request("typing:set", { room, on: true });
      await alice.request("typing:set", { room, on: false });
      return bob.pushes("typing").length > 0;
    });
    expect(bob.pushes("typing")[0]).toEqual({ room, user: { id: "alice" }, on: true });
    expect([alice.pushes("typing"), carol.pushes("typing")]).toEqual([[], []]);
  },
);

test("while Redis is away, requests fail in time and say so; afterwards everything is delivered that was acknowledged", async () => {
  const prefix = `away-${randomUUID()}:`;
  await using one = await startClusterGateway(prefix);
  await using two = await startClusterGateway(prefix);
  const alice = await join(one, "alice", "r");
  const bob = await join(two, "bob", "r");
  expect(await alice.request("message:send", { room: "r", id: "before", text: "x" })).toMatchObject({ ok: true });
  await until(() => bob.entries.length === 1);
  await redis.kill();
  expect(await alice.request("message:send", { room: "r", id: "during", text: "x" })).toMatchObject({
    error: { code: "UNAVAILABLE", retryable: true },
  });
  await alice.request("typing:set", { room: "r", on: true });
  await bob.request("room:leave", { room: "r" });
  expect(await bob.request("room:join", { room: "other" })).toMatchObject({ ok: false });
  await redis.restart();
  const retry = () => alice.request("message:send", { room: "r", id: "during", text: "x" });
  await until(async () => (await retry()).ok, { within: 15_000 });
  const carol = await until(() => join(two, "carol", "r").catch(() => undefined), { within: 15_000 });
  expect(await alice.request("message:send", { room: "r", id: "after", text: "x" })).toMatchObject({ ok: true });
  await until(() => alice.entries.at(-1)?.id === "after" && carol.entries.at(-1)?.id === "after");
  expect(alice.entries.map(({ id }) => id)).toEqual(["before", "during", "after"]);
});
