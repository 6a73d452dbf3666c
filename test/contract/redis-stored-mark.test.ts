import { afterEach, describe, expect, test } from "vitest";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message, recorder, seqs, span } from "./message-log-fixtures.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function server(): Promise<RedisServer> {
  const redis = await startRedisServer({ appendOnly: true, sync: "always" });
  open.push(redis);
  return redis;
}

/** A gateway's log; those of one test share a namespace. */
async function gateway(redis: RedisServer, options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix: "weir:", commandTimeoutMs: 2_000, graceMs: 300, ...options });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return log;
}

/** Trims what is buffered of room `r`, as if it were stored. */
async function drain({ drainer }: RedisLog): Promise<void> {
  const read = await drainer.read(0, 1_000);
  const seq = Math.max(...read.map(({ entry }) => entry?.seq ?? 0));
  await drainer.trim({ partition: 0, token: 1, upTo: read.at(-1)?.cursor ?? "", rooms: [{ room: "r", seq }] });
}

/** A room of ten entries, all seen by this gateway, of which Redis lost the last five. */
async function withLostTail(options: Partial<RedisLogOptions> = {}): Promise<{ redis: RedisServer; log: RedisLog }> {
  const redis = await server();
  const log = await gateway(redis, options);
  await fill(wholeLog(log), "r", 5);
  const copy = await redis.copyData();
  await fill(wholeLog(log), "r", 5, "lost");
  await redis.restart({ copy });
  await until(() => log.log.head("r"), { within: 20_000 });
  return { redis, log };
}

async function ttl(log: RedisLog, key: string): Promise<number> {
  return until(() => log.adapterClients().pub.pttl(`weir:{p0}:${key}`));
}

describe("a room whose log lost its tail", () => {
  test("keeps its stored mark while entries wait to be stored", async () => {
    const { log } = await withLostTail();
    expect(await log.log.head("r")).toMatchObject({ seq: 10, storedSeq: 0 });
  });

  test("has its stored mark at the head once all that waits is stored, and tells it with the epoch in which it counts", async () => {
    const { log } = await withLostTail();
    const heard = recorder();
    await log.feed.subscribe("r", heard);
    await drain(log);
    const { epoch, seq, storedSeq } = await log.log.head("r");
    expect([seq, storedSeq]).toEqual([10, 10]);
    await until(() => heard.marks.length > 0);
    expect(heard.marks).toEqual([{ epoch, seq: 10 }]);
  });

  test("has its stored mark below what waits after the break, until that is stored too", async () => {
    const { log } = await withLostTail();
    await log.log.append(message("r", "next"));
    const [first, ...rest] = await log.drainer.read(0, 100);
    expect(rest.map(({ entry }) => entry?.seq)).toEqual([2, 3, 4, 5, 11]);
    await log.drainer.trim({ partition: 0, token: 1, upTo: first?.cursor ?? "", rooms: [{ room: "r", seq: 1 }] });
    expect(await log.log.head("r")).toMatchObject({ seq: 11, storedSeq: 1 });
    await drain(log);
    expect(await log.log.head("r")).toMatchObject({ seq: 11, storedSeq: 11 });
  });

  test("is let go of after a while, once all that waits is stored", async () => {
    const { log } = await withLostTail({ keepRoomMs: 50 });
    expect(await ttl(log, "seq:r")).toBe(-1);
    await drain(log);
    await until(async () => (await ttl(log, "seq:r")) === -2 && (await ttl(log, "room:r")) === -2);
  });

  test("is let go of after a while where nothing waited", async () => {
    const redis = await server();
    const log = await gateway(redis, { keepRoomMs: 60_000 });
    await fill(wholeLog(log), "r", 5);
    await drain(log);
    const copy = await redis.copyData();
    await fill(wholeLog(log), "r", 5, "lost");
    await redis.restart({ copy });
    expect(await until(() => log.log.head("r"), { within: 20_000 })).toMatchObject({ seq: 10, storedSeq: 10 });
    for (const key of ["seq:r", "room:r"]) expect(await ttl(log, key)).toBeGreaterThan(0);
    await log.log.append(message("r", "next"));
    for (const key of ["seq:r", "room:r"]) expect(await ttl(log, key)).toBe(-1);
  });

  test("has nothing below its mark that is still to be stored after it lost its tail twice", async () => {
    const { redis, log } = await withLostTail();
    const copy = await redis.copyData();
    await fill(wholeLog(log), "r", 5, "lost again");
    await redis.restart({ copy });
    expect(await until(() => log.log.head("r"), { within: 20_000 })).toMatchObject({ seq: 15, storedSeq: 0 });
    await drain(log);
    expect(await log.log.head("r")).toMatchObject({ seq: 15, storedSeq: 15 });
    expect(seqs(await log.log.range("r", { after: 0, limit: 100 }))).toEqual(span(1, 5));
  });
});

test("a floor puts no expiry on a room whose entries wait to be stored", async () => {
  const redis = await server();
  const log = await gateway(redis, { keepRoomMs: 60_000 });
  await fill(wholeLog(log), "r", 3);
  await redis.restart();
  await until(() => log.adapterClients().pub.hexists("weir:{p0}:seq:r", "floor"), { within: 20_000 });
  expect(await ttl(log, "seq:r")).toBe(-1);
});
