import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { SeenSeqs } from "../../src/adapters/redis/seen-seqs.ts";
import type { NewEntry } from "../../src/chat/entry.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { shareRedis } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message, recorder, seqs, span } from "./message-log-fixtures.ts";

let redis: Awaited<ReturnType<typeof shareRedis>>;
const open: RedisLog[] = [];
beforeAll(async () => {
  redis = await shareRedis();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((log) => log.stop()));
});
afterAll(() => redis.close());

async function build(options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, ...options });
  open.push(log);
  await log.start();
  return log;
}

/** Stores and trims everything that is buffered of room `r`. */
async function drainAll({ drainer }: RedisLog): Promise<number> {
  const { cursor = "", entry } = (await drainer.read(0, 1_000)).at(-1) ?? {};
  const seq = entry?.seq ?? 0;
  await drainer.trim({ partition: 0, token: 1, upTo: cursor, rooms: [{ room: "r", seq }] });
  return seq;
}

describe("a room that is stored to its end", () => {
  test("is let go of after a while, and goes on where the store is when it is used again", async () => {
    let stored = 0;
    const log = await build({ keepRoomMs: 20, highestStored: () => Promise.resolve(stored) });
    await fill(wholeLog(log), "r", 3);
    stored = await drainAll(log);
    await until(async () => (await log.log.range("r", { after: 0, limit: 9 })).length === 0);
    expect(await log.log.head("r")).toMatchObject({ seq: 3, storedSeq: 3 });
    expect(await log.log.append(message("r", "m4"))).toMatchObject({ seq: 4 });
  });

  test("stays when something is appended in that time", async () => {
    let asked = 0;
    const highestStored = (room: string): Promise<number> => Promise.resolve(room === "r" && asked++ > 0 ? 999 : 0);
    const log = await build({ keepRoomMs: 150, highestStored });
    await fill(wholeLog(log), "r", 3);
    await drainAll(log);
    await log.log.append(message("r", "m4"));
    await fill(wholeLog(log), "other", 1);
    await drainOther(log);
    await until(async () => (await log.log.range("other", { after: 0, limit: 9 })).length === 0);
    expect(seqs(await log.log.range("r", { after: 0, limit: 9 }))).toEqual([1, 2, 3, 4]);
    expect(await log.log.append(message("r", "m5"))).toMatchObject({ seq: 5 });
  });
});

/** Lets the one room that is stored go, as a measure of the time that a room is kept. */
async function drainOther({ drainer }: RedisLog): Promise<void> {
  const [epoch] = (await drainer.read(0, 1))[0]?.cursor.split(":") ?? [];
  await drainer.trim({ partition: 0, token: 1, upTo: `${epoch}:0-0`, rooms: [{ room: "other", seq: 1 }] });
}

test("scripts that the server has forgotten are sent again", async () => {
  const log = await build();
  const { pub } = log.adapterClients();
  await fill(wholeLog(log), "r", 1);
  await until(() => pub.script("FLUSH"));
  await Promise.all(span(1, 20).map((i) => log.log.append(message("r", `n${i}`))));
  expect(await log.log.head("r")).toMatchObject({ seq: 21 });
});

test("a feed that the server cut off comes back and says so", async () => {
  const log = await build();
  const { pub } = log.adapterClients();
  const heard = recorder();
  const interrupted = new Promise<void>((resolve) => log.feed.onInterruption(resolve));
  await log.feed.subscribe("r", heard);
  await until(() => pub.call("CLIENT", "KILL", "TYPE", "pubsub"));
  await interrupted;
  await fill(wholeLog(log), "r", 2);
  await until(() => heard.entries.length === 2);
});

test("what is no entry is not delivered, and is given to the flusher as bytes", async () => {
  const prefix = "test-broken:";
  const log = await build({ prefix });
  const { pub } = log.adapterClients();
  const heard = recorder();
  await log.feed.subscribe("r", heard);
  await until(() => pub.del(`${prefix}{p0}:buf`).then(() => true));
  await pub.spublish(`${prefix}{p0}:feed:r`, '{"no":"entry"}');
  await pub.xadd(`${prefix}{p0}:buf`, "*", "e", "not json");
  await fill(wholeLog(log), "r", 1);
  await until(() => heard.entries.length === 1);
  const [broken, good] = await log.drainer.read(0, 10);
  expect(broken).toMatchObject({ entry: undefined, raw: "not json", bytes: 8 });
  expect(good?.entry?.id).toBe("m1");
  await pub.del(`${prefix}{p0}:buf`, `${prefix}{p0}:meta`, `${prefix}{p0}:room:r`, `${prefix}{p0}:seq:r`);
});

test("epochs and looked-up bases are counted", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const log = await build({ metrics });
  await fill(wholeLog(log), "r", 2);
  const { text } = await metrics.scrape();
  expect(text).toMatch(/^weir_log_epochs_total 1$/m);
  expect(text).toMatch(/^weir_log_rebases_total 1$/m);
});

describe("what was seen of rooms", () => {
  const metrics = createMetrics({ processMetrics: false });

  test("is the highest seq, and never goes back", () => {
    const seen = new SeenSeqs(metrics);
    for (const seq of [3, 9, 4]) seen.note("r", seq);
    seen.hold("r");
    seen.note("r", 2);
    expect([seen.of("r"), seen.of("other")]).toEqual([9, 0]);
    expect(seen.rooms()).toEqual([["r", 9]]);
  });

  test("is kept for all held rooms, and for the most recent others", async () => {
    const seen = new SeenSeqs(metrics, 2);
    for (const room of ["held", "a", "b", "c"]) {
      if (room === "held") seen.hold(room);
      seen.note(room, 5);
    }
    expect(seen.rooms().map(([room]) => room)).toEqual(["held", "b", "c"]);
    expect((await metrics.scrape()).text).toContain('weir_cap_reached_total{cap="seen_rooms"} 1');
    seen.note("b", 6);
    seen.release("held");
    expect(seen.rooms().map(([room]) => room)).toEqual(["b", "held"]);
  });
});

test("what was erased in a room is kept as long as the room, and leaves Redis with it", async () => {
  const prefix = `erased-${process.pid}-${Date.now()}:`;
  const log = await build({ prefix, keepRoomMs: 150 });
  const edit = (id: string, target: number): NewEntry => ({
    kind: "edit",
    room: "r",
    id,
    from: { id: "ada" },
    target,
    text: id,
  });
  await log.log.append(message("r", "m1"));
  for (const id of ["e1", "e2"]) await log.log.append(edit(id, 1));
  const client = new Redis(redis.url);
  onTestFinished(() => client.disconnect());
  const kept = async (): Promise<number> => {
    const keys = await client.keys(`${prefix}*:r`);
    return keys.filter((key) => /:(erased|texts|room):/.test(key)).length;
  };
  expect(await kept()).toBe(3);
  await drainAll(log);
  await log.log.append(message("r", "m4"));
  await fill(wholeLog(log), "other", 1);
  await drainOther(log);
  await until(async () => (await log.log.range("other", { after: 0, limit: 9 })).length === 0);
  expect(seqs(await log.log.range("r", { after: 0, limit: 9 }))).toEqual([1, 2, 3, 4]);
  expect(await kept()).toBe(3);
  const upTo = (await log.drainer.read(0, 9)).at(-1)?.cursor ?? "";
  await log.drainer.trim({ partition: 0, token: 1, upTo, rooms: [{ room: "r", seq: 4 }] });
  await until(async () => (await kept()) === 0);
});
