import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { createRedisRates } from "../../src/adapters/rate-limits/redis-rates.ts";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message, recorder } from "./message-log-fixtures.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function server(): Promise<RedisServer> {
  const redis = await startRedisServer();
  open.push(redis);
  return redis;
}

async function gateway(redis: RedisServer, options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix: "weir:", commandTimeoutMs: 2_000, ...options });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return log;
}

async function infoOf(redis: RedisServer, section: string, field: string): Promise<string> {
  const info = await redis.ask(`INFO ${section}`);
  return new RegExp(`^${field}:(\\S+)`, "m").exec(info)?.[1] ?? "";
}

/** Gives it so many bytes more than it uses. */
async function leave(redis: RedisServer, bytes: number): Promise<void> {
  const used = Number(await infoOf(redis, "memory", "used_memory"));
  await redis.ask(`CONFIG SET maxmemory ${used + bytes}`);
}

/** Leaves it nothing. */
async function fillUp(redis: RedisServer): Promise<void> {
  await redis.ask("CONFIG SET maxmemory 1");
}

async function refusal(sent: Promise<unknown>): Promise<ChatError> {
  const reason: unknown = await sent.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(reason instanceof ChatError)) throw new Error("not refused", { cause: reason });
  return reason;
}

/** Sends until something is refused. */
async function firstRefusal(send: (i: number) => Promise<unknown>): Promise<ChatError> {
  for (let i = 1; i <= 10_000; i++) {
    const refused = await send(i).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (refused instanceof ChatError) return refused;
  }
  throw new Error("nothing was refused");
}

describe("a Redis at maxmemory", () => {
  test("refuses sends with OVERLOADED and a time, drains all the same, and then takes sends again", async () => {
    const redis = await server();
    const metrics = createMetrics({ processMetrics: false });
    const log = await gateway(redis, { metrics, tail: 10, highWatermark: 1_000_000 });
    await leave(redis, 4_000_000);
    const text = "x".repeat(4_000);
    const full = await firstRefusal((i) => log.log.append({ ...message("r", `m${i}`), text }));
    expect(full).toMatchObject({ code: "OVERLOADED", retryAfterMs: 1_000 });
    expect((await metrics.scrape()).text).toMatch(/^weir_redis_refusals_total\{code="OOM"\} [1-9]/m);

    const head = await log.log.head("r");
    const entries = await log.drainer.read(0, 100_000);
    expect(entries).toHaveLength(head.seq);
    const upTo = entries.at(-1)?.cursor ?? "";
    expect(await log.drainer.trim({ partition: 0, token: 1, upTo, rooms: [{ room: "r", seq: head.seq }] })).toBe(true);
    expect(await log.drainer.depth(0)).toMatchObject({ entries: 0 });
    expect(await log.log.append({ ...message("r", "after"), text })).toMatchObject({ seq: head.seq + 1 });
  });

  test("goes on with all that keeps a deployment alive, and a gateway starts", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const [cursor = ""] = (await fill(wholeLog(log), "r", 3), await log.drainer.read(0, 1)).map(
      (entry) => entry.cursor,
    );
    await fillUp(redis);
    const buffered = { cursor, bytes: 1, at: 1, entry: undefined, raw: "x" };
    const second = await gateway(redis);
    await second.feed.subscribe("r", recorder());
    expect(await second.log.head("r")).toMatchObject({ seq: 3 });
    expect(await second.log.head("never-seen")).toMatchObject({ seq: 0 });
    expect(await second.log.range("r", { after: 0, limit: 10 })).toHaveLength(3);
    expect(await log.lease("flusher").write({ holder: "a", durationMs: 1, transitions: 1 }, undefined)).toBeDefined();
    expect(await log.fleet(1_000).report({ gateway: "a", connections: 1 })).toHaveLength(1);
    expect(await log.roster().enter("r", "user", 1)).toBe(true);
    await log.roster().renew("r", ["user"]);
    expect(await log.policies.publish({ rules: [] })).toBeGreaterThan(0);
    expect(await log.drainer.raiseFence(0, 1)).toBe(true);
    await log.drainer.bury(0, buffered, "refused");
    const letters = await log.drainer.deadLetters(0, 10);
    expect(letters).toHaveLength(1);
    await log.drainer.forget(
      0,
      letters.map(({ id }) => id),
    );
    const last = (await log.drainer.read(0, 10)).at(-1)?.cursor ?? "";
    expect(await log.drainer.trim({ partition: 0, token: 1, upTo: last, rooms: [{ room: "r", seq: 3 }] })).toBe(true);
    expect(await refusal(second.log.append(message("r", "m")))).toMatchObject({ code: "OVERLOADED" });
    expect(await refusal(log.slowMode.take({ room: "r", user: "u", id: "m", everyMs: 9 }))).toMatchObject({
      code: "OVERLOADED",
    });
  });

  test("that comes back without its last writes is opened and settled in a new epoch", async () => {
    const redis = await startRedisServer({ appendOnly: true, sync: "always" });
    open.push(redis);
    const log = await gateway(redis);
    await fill(wholeLog(log), "r", 3);
    await redis.restart("empty");
    await fillUp(redis);
    expect(await until(() => log.log.head("r"))).toMatchObject({ seq: 3 });
  });

  test("lets an acknowledgement wait for its replica, of what came in before it was full", async () => {
    const primary = await startRedisServer({ appendOnly: true });
    const replica = await startRedisServer({ appendOnly: true, replicaOf: primary.port });
    open.push(primary, replica);
    const log = await gateway(primary, { safe: "required", commandTimeoutMs: 10_000 });
    await until(() => log.log.append(message("r", "before"), "safe"));
    replica.pause();
    // The wait for the second begins when that for the first is over, so in a full Redis.
    const answers = [log.log.append(message("r", "m2"), "safe")];
    await until(async () => (await log.log.head("r")).seq === 2);
    answers.push(log.log.append(message("r", "m3"), "safe"));
    await until(async () => (await log.log.head("r")).seq === 3);
    await fillUp(primary);
    replica.resume();
    for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ durability: "safe" });
  });

  test("leaves the shared rates to each gateway's own limits, and counts that", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const metrics = createMetrics({ processMetrics: false });
    const rate = createRedisRates({ client: log.adapterClients().pub, prefix: "weir:rate:", metrics })("user", {
      points: 1,
      seconds: 60,
      step: 1,
    });
    await until(async () => (await rate.spend("before", 5)) > 0);
    await fillUp(redis);
    expect(await rate.spend("u", 5)).toBe(0);
    expect((await metrics.scrape()).text).toMatch(/result="unreachable"\} [1-9]/);
  });
});

test("a Redis whose disk takes no more refuses sends with OVERLOADED and a time, and nothing of them is kept", async () => {
  const redis = await server();
  const metrics = createMetrics({ processMetrics: false });
  const log = await gateway(redis, { metrics });
  await fill(wholeLog(log), "r", 1);
  const [, , , , dir = ""] = (await redis.ask("CONFIG GET dir")).split("\r\n");
  // Nothing can be renamed to a folder, so the copy on the disk fails.
  const blocked = join(dir, "dump.rdb");
  await mkdir(blocked);
  await redis.ask('CONFIG SET save "3600 1"');
  await redis.ask("BGSAVE");
  await until(async () => (await infoOf(redis, "persistence", "rdb_last_bgsave_status")) === "err");
  expect(await refusal(log.log.append(message("r", "m")))).toMatchObject({ code: "OVERLOADED", retryAfterMs: 5_000 });
  expect(await log.log.head("r")).toMatchObject({ seq: 1 });
  expect((await metrics.scrape()).text).toMatch(/^weir_redis_refusals_total\{code="MISCONF"\} [1-9]/m);
  await rm(blocked, { recursive: true });
  await redis.ask("BGSAVE");
  expect(await until(() => log.log.append(message("r", "m")))).toMatchObject({ seq: 2, duplicate: false });
});

test("a Redis that became a replica makes sends UNAVAILABLE, with a time", async () => {
  const primary = await server();
  const metrics = createMetrics({ processMetrics: false });
  const log = await gateway(primary, { metrics });
  const other = await server();
  await primary.ask(`REPLICAOF 127.0.0.1 ${other.port}`);
  expect(await refusal(log.log.append(message("r", "m")))).toMatchObject({ code: "UNAVAILABLE", retryAfterMs: 1_000 });
  expect((await metrics.scrape()).text).toMatch(/^weir_redis_refusals_total\{code="READONLY"\} [1-9]/m);
});
