import { afterEach, describe, expect, test } from "vitest";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { ConfigError } from "../../src/config/index.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message, recorder } from "./message-log-fixtures.ts";

// An unhandled rejection in any of these fails the run by itself.
const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function build(options: Partial<RedisLogOptions> = {}): Promise<{ redis: RedisServer; log: RedisLog }> {
  const redis = await startRedisServer();
  open.push(redis);
  const log = testRedisLog({ url: redis.url, commandTimeoutMs: 1_000, ...options });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return { redis, log };
}

/** Every way to ask the log for something. */
function everything(redis: RedisLog): Promise<unknown>[] {
  const { log, feed, drainer } = redis;
  const buffered = { cursor: "1:1-1", bytes: 1, at: 1, entry: undefined, raw: "x" };
  const claim = { holder: "a", durationMs: 1, transitions: 1 };
  return [
    log.append(message("r", "m")),
    log.head("r"),
    log.range("r", { after: 0, limit: 1 }),
    feed.subscribe("s", recorder()),
    drainer.read(0, 1),
    drainer.depth(0),
    drainer.raiseFence(0, 1),
    drainer.trim({ partition: 0, token: 1, upTo: "1:1-1", rooms: [{ room: "r", seq: 1 }] }),
    drainer.bury(0, buffered, "bad"),
    drainer.deadLetters(0, 1),
    drainer.forget(0, ["1-1"]),
    redis.lease("l").read(),
    redis.lease("l").write(claim, undefined),
    redis.ping(),
  ];
}

async function codes(calls: readonly Promise<unknown>[]): Promise<string[]> {
  const ended = await Promise.allSettled(calls);
  return ended.map((one) => {
    if (one.status === "fulfilled") return "done";
    const reason: unknown = one.reason;
    return reason instanceof ChatError ? reason.code : String(reason);
  });
}

describe("Redis can't be reached", () => {
  test("every call ends with UNAVAILABLE while it answers nothing", async () => {
    const { redis, log } = await build();
    redis.pause();
    const calls = everything(log);
    expect(await codes(calls)).toEqual(calls.map(() => "UNAVAILABLE"));
    const again = everything(log);
    expect(await codes(again)).toEqual(again.map(() => "UNAVAILABLE"));
    redis.resume();
    await until(() => log.log.append(message("r", "later")), { within: 20_000 });
  });

  test("every call ends with UNAVAILABLE while it is gone", async () => {
    const { redis, log } = await build();
    const inFlight = Array.from({ length: 500 }, (_, i) => log.log.append(message("r", `m${i}`)));
    const ended = codes(inFlight);
    await redis.kill();
    for (const code of await ended) expect(["done", "UNAVAILABLE"]).toContain(code);
    const calls = everything(log);
    expect(await codes(calls)).toEqual(calls.map(() => "UNAVAILABLE"));
  });

  test("a link that died in silence is given up, and the feed says so once it lives again", async () => {
    const { redis, log } = await build();
    const heard = recorder();
    let interruptions = 0;
    log.feed.onInterruption(() => {
      interruptions++;
    });
    await log.feed.subscribe("r", heard);
    const { pub } = log.adapterClients();
    await until(() => pub.ping());
    redis.pause();
    await until(() => pub.status !== "ready");
    redis.resume();
    await until(() => interruptions > 0, { within: 20_000 });
    await until(() => log.log.append(message("r", "m1")), { within: 20_000 });
    await until(() => heard.entries.length === 1);
  });

  test("a subscription that failed leaves nothing behind", async () => {
    const { redis, log } = await build();
    const heard = recorder();
    redis.pause();
    await expect(log.feed.subscribe("r", heard)).rejects.toMatchObject({ code: "UNAVAILABLE" });
    redis.resume();
    await until(() => log.log.append(message("r", "m1")), { within: 20_000 });
    const second = recorder();
    await until(() => log.feed.subscribe("r", second).then(() => true), { within: 20_000 });
    await fill(wholeLog(log), "r", 1, "n");
    await until(() => second.entries.length === 1);
    expect(heard.entries).toEqual([]);
  });

  test("what was sent before a timeout and done after it is done once", async () => {
    const { redis, log } = await build();
    redis.pause();
    await expect(log.log.append(message("r", "once"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    redis.resume();
    const answer = await until(() => log.log.append(message("r", "once")), { within: 20_000 });
    expect(answer.seq).toBe(1);
    expect(await log.log.head("r")).toMatchObject({ seq: 1 });
  });

  test("an append that meets a full memory is refused as overload, and takes no place", async () => {
    const { log } = await build();
    const { pub } = log.adapterClients();
    await log.log.append(message("r", "m1"));
    await until(() => pub.config("SET", "maxmemory", "1"));
    await expect(log.log.append(message("r", "m2"))).rejects.toMatchObject({ code: "OVERLOADED" });
    await pub.config("SET", "maxmemory", "0");
    expect(await log.log.append(message("r", "m2"))).toMatchObject({ seq: 2, duplicate: false });
  });

  test("an append that meets a replica is refused, and works again once there is a primary", async () => {
    const { log } = await build();
    const { pub } = log.adapterClients();
    await log.log.append(message("r", "m1"));
    await until(() => pub.replicaof("127.0.0.1", 1));
    await expect(log.log.append(message("r", "m2"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await until(() => pub.replicaof("NO", "ONE"));
    const answer = await until(() => log.log.append(message("r", "m2")), { within: 20_000 });
    expect(answer.seq).toBe(2);
  });

  test("a start without a server ends with an error, and can be stopped", async () => {
    const { redis } = await build();
    await redis.stop();
    const log = testRedisLog({ url: redis.url, startTimeoutMs: 200 });
    await expect(log.start()).rejects.toThrow(/ECONNREFUSED/);
    await log.stop();
    await log.stop();
  });

  test("the connections for the Socket.IO adapter come back with their subscriptions, and no dropped promise ends the process", async () => {
    const { redis, log } = await build();
    const { pub, sub } = log.adapterClients();
    const heard: string[] = [];
    sub.on("smessage", (_channel: string, text: string) => heard.push(text));
    await sub.ssubscribe("a");
    await redis.kill();
    void pub.spublish("a", "lost");
    void sub.ssubscribe("b");
    await redis.restart();
    await until(() => pub.spublish("a", "one").then((n) => n === 1), { within: 20_000 });
    await until(() => pub.spublish("b", "two").then((n) => n === 1), { within: 20_000 });
    await until(() => heard.includes("one") && heard.includes("two"));
    await redis.kill();
    void sub.ssubscribe("c");
  });
});

describe("the number of partitions", () => {
  test("is fixed at the first start", async () => {
    const { redis } = await build({ prefix: "shared:", partitions: 4 });
    const other = testRedisLog({ url: redis.url, prefix: "shared:", partitions: 8 });
    open.push({ [Symbol.asyncDispose]: () => other.stop() });
    await expect(other.start()).rejects.toThrow(
      new ConfigError("WEIR_PARTITIONS: 8 is not valid; this Redis was first used with 4; allowed: 4"),
    );
  });
});
