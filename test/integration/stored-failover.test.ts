import { afterEach, describe, expect, test } from "vitest";
import { MemoryMessageStore } from "../../src/adapters/memory/memory-message-store.ts";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import { storeLookups } from "../../src/write-behind/store-lookups.ts";
import { type GatewayFixture, startGateway, type TestClient } from "../harness/gateway-fixture.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

interface Setting {
  readonly redis: RedisServer;
  readonly log: RedisLog;
  readonly store: MemoryMessageStore;
  readonly gateway: GatewayFixture;
  readonly client: TestClient;
}

/** A gateway over a real Redis without replicas, and one member of the room `r`. */
async function build(): Promise<Setting> {
  const redis = await startRedisServer({ appendOnly: true, sync: "always" });
  open.push(redis);
  const store = new MemoryMessageStore();
  const log = testRedisLog({
    url: redis.url,
    graceMs: 300,
    ...storeLookups(store),
  });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  const gateway = await startGateway({ store, gateway: { log: log.log, feed: log.feed } });
  open.push(gateway);
  const client = await gateway.connect("alice");
  expect(await client.request("room:join", { room: "r" })).toMatchObject({ ok: true });
  return { redis, log, store, gateway, client };
}

/** Stores and trims everything, as the flusher would. */
async function flush({ log, store }: Setting): Promise<void> {
  const read = await log.drainer.read(0, 1_000);
  const entries = read.flatMap(({ entry }) => entry ?? []);
  await store.write(entries);
  const seq = Math.max(...entries.map((entry) => entry.seq));
  await log.drainer.trim({ partition: 0, token: 1, upTo: read.at(-1)?.cursor ?? "", rooms: [{ room: "r", seq }] });
}

/** Resolves once the log has so many entries that are not stored. */
async function buffered({ log }: Setting, entries: number): Promise<void> {
  await until(async () => (await log.drainer.depth(0)).entries === entries, { within: 20_000 });
}

describe.each(["stored", "safe"])("the log loses its tail while a send at %s waits to be stored", (durability) => {
  const send = { room: "r", id: "m2", text: "two", durability };

  test("a send that was lost is answered as unknown, never as stored, and the same id can be sent again", async () => {
    const setting = await build();
    const { redis, client, store } = setting;
    await client.request("message:send", { room: "r", id: "m1", text: "one", durability: "fast" });
    const copy = await redis.copyData();
    const waiting = client.request("message:send", send);
    await buffered(setting, 2);
    await redis.restart({ copy });
    await until(() => setting.log.log.head("r"), { within: 20_000 });
    await flush(setting);
    expect(await waiting).toMatchObject({ ok: false, error: { code: "UNAVAILABLE", retryable: true } });
    expect((await store.range("r", { after: 0, limit: 10, keep: "oldest", kinds: "all" })).length).toBe(1);

    const again = client.request("message:send", send);
    await buffered(setting, 1);
    await flush(setting);
    expect(await again).toMatchObject({ ok: true, durability: "stored", seq: 3 });
    const stored = await store.range("r", { after: 0, limit: 10, keep: "oldest", kinds: "all" });
    expect(stored.map(({ id }) => id)).toEqual(["m1", "m2"]);
  });

  test("a send that was kept is answered once it is stored, and so is its retry", async () => {
    const setting = await build();
    const { redis, client } = setting;
    const waiting = client.request("message:send", send);
    await buffered(setting, 1);
    const copy = await redis.copyData();
    await client.request("message:send", { room: "r", id: "lost", text: "lost", durability: "fast" });
    await redis.restart({ copy });
    await until(() => setting.log.log.head("r"), { within: 20_000 });
    await flush(setting);
    expect(await waiting).toMatchObject({ ok: true, durability: "stored", seq: 1 });
    expect(await client.request("message:send", send)).toMatchObject({
      ok: true,
      durability: "stored",
      duplicate: true,
    });
  });
});
