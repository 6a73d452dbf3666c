import { afterEach, describe, expect, test } from "vitest";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message, recorder } from "./message-log-fixtures.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function gateway(redis: RedisServer, options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix: "weir:", commandTimeoutMs: 2_000, graceMs: 50, ...options });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return log;
}

/** A primary, and a server that has what the primary had when this was called. */
async function fork(redis: RedisServer): Promise<RedisServer> {
  const other = await startRedisServer({ replicaOf: redis.port });
  open.push(other);
  await other.promote();
  return other;
}

/** A primary that has had a replica: the first one gives it a new replication id. */
async function primary(): Promise<RedisServer> {
  const redis = await startRedisServer();
  open.push(redis);
  await fork(redis);
  return redis;
}

/** Makes a primary a replica of another, until it has its data, and a primary again: in one process, with its links kept. */
async function demoteAndPromote(redis: RedisServer, other: RedisServer): Promise<void> {
  const before = await redis.ask("INFO server");
  expect(await redis.ask(`REPLICAOF 127.0.0.1 ${other.port}`)).toMatch(/^\+OK/);
  await until(async () => (await redis.ask("INFO replication")).includes("master_link_status:up"), { within: 20_000 });
  await redis.promote();
  expect(runId(await redis.ask("INFO server"))).toBe(runId(before));
}

function runId(info: string): string | undefined {
  return /^run_id:(\w+)/m.exec(info)?.[1];
}

/** The head once the partition has opened. */
function headOf(log: RedisLog): ReturnType<RedisLog["log"]["head"]> {
  return until(() => log.log.head("r"), { within: 20_000 });
}

describe("a primary that was a replica for a while, in one process", () => {
  test("gives no seq twice, and goes on in a new epoch", async () => {
    const redis = await primary();
    const log = await gateway(redis);
    await fill(wholeLog(log), "r", 3);
    const other = await fork(redis);
    await fill(wholeLog(log), "r", 2, "lost");
    const before = await log.log.head("r");
    await demoteAndPromote(redis, other);
    const after = await until(() => log.log.append(message("r", "next")), { within: 20_000 });
    expect(after.seq).toBe(6);
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
  });

  test("has no head before it is opened anew", async () => {
    const redis = await primary();
    const log = await gateway(redis);
    await fill(wholeLog(log), "r", 3);
    const other = await fork(redis);
    await fill(wholeLog(log), "r", 2, "lost");
    const before = await log.log.head("r");
    await demoteAndPromote(redis, other);
    const after = await headOf(log);
    expect(after.seq).toBe(5);
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
  });

  test("goes on after what an idle gateway saw whose connection stayed, and its feeds hear that something may be missing", async () => {
    const redis = await primary();
    const [idle, sender] = [await gateway(redis, { graceMs: 1_500 }), await gateway(redis, { graceMs: 1_500 })];
    const heard = recorder();
    let interruptions = 0;
    idle.feed.onInterruption(() => {
      interruptions++;
    });
    await idle.feed.subscribe("r", heard);
    await fill(wholeLog(sender), "r", 3);
    const other = await fork(redis);
    await fill(wholeLog(sender), "r", 2, "lost");
    await until(() => heard.entries.length === 5);
    await sender.stop();
    await demoteAndPromote(redis, other);
    const late = await gateway(redis, { graceMs: 1_500 });
    expect(await until(() => late.log.append(message("r", "next")), { within: 20_000 })).toMatchObject({ seq: 6 });
    await until(() => interruptions > 0);
  });
});

describe("a partition that a version without replication ids opened", () => {
  test("goes on in its epoch, and has the replication id from then on", async () => {
    const redis = await primary();
    const log = await gateway(redis);
    const before = await log.log.append(message("r", "m1"));
    const { pub } = log.adapterClients();
    await until(() => pub.hdel("weir:{p0}:meta", "replid"));
    expect(await log.log.append(message("r", "m2"))).toMatchObject({ epoch: before.epoch, seq: 2 });
    expect(await redis.ask("INFO replication")).toContain(await pub.hget("weir:{p0}:meta", "replid"));
  });

  test("is opened anew where it was opened with another replication id before", async () => {
    const redis = await primary();
    const log = await gateway(redis);
    const before = await log.log.append(message("r", "m1"));
    await until(() =>
      log
        .adapterClients()
        .pub.hset("weir:{p0}:meta", "replid", "abc")
        .then(() => true),
    );
    const after = await until(() => log.log.append(message("r", "m2")), { within: 20_000 });
    expect(after.seq).toBe(2);
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
  });
});

test("an epoch that is ahead of the server's clock is passed, not fallen behind", async () => {
  const redis = await primary();
  const log = await gateway(redis);
  await log.log.append(message("r", "m1"));
  const ahead = Date.now() + 3_600_000;
  const { pub } = log.adapterClients();
  await until(() => pub.hset("weir:{p0}:meta", { epoch: `${ahead}`, run: "another" }).then(() => true));
  const after = await until(() => log.log.append(message("r", "m2")), { within: 20_000 });
  expect(Number(after.epoch)).toBe(ahead + 1);
});

test("an append that comes first is refused by a partition behind the caller's epoch", async () => {
  const redis = await primary();
  const log = await gateway(redis);
  const before = await log.log.append(message("r", "m1"));
  const { pub } = log.adapterClients();
  await until(() => pub.hset("weir:{p0}:meta", "epoch", "7").then(() => true));
  await until(() => pub.hset("weir:{p0}:seq:r", "epoch", "7").then(() => true));
  const after = await until(() => log.log.append(message("r", "m2")), { within: 20_000 });
  expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
});
