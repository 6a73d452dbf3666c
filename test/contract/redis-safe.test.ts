import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { ConfigError } from "../../src/config/index.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { messageLogContract } from "./message-log.contract.ts";
import { message, seqs, span } from "./message-log-fixtures.ts";

let primary: RedisServer;
let replica: RedisServer;
beforeAll(async () => {
  primary = await startRedisServer({ appendOnly: true });
  replica = await startRedisServer({ appendOnly: true, replicaOf: primary.port });
});
afterAll(async () => {
  await replica.close();
  await primary.close();
});

const open: RedisLog[] = [];
afterEach(async () => {
  for (const log of open.splice(0)) await log.stop();
});

async function build(options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: primary.url, safe: "required", commandTimeoutMs: 1_000, ...options });
  open.push(log);
  await log.start();
  return log;
}

messageLogContract("the log in a Redis with a replica", async (settings) => {
  const log = testRedisLog({ ...settings, url: primary.url, safe: "required" });
  await log.start();
  return { log: wholeLog(log), safest: "safe", close: () => log.stop() };
});

describe("the tier safe, while the replica is stalled,", () => {
  test("acknowledges nothing, not a retry either, and answers it all once the replica is back", async () => {
    const { log } = await build();
    await log.append(message("r", "before"), "safe");
    replica.pause();
    try {
      for (let tries = 0; tries < 2; tries++) {
        await expect(log.append(message("r", "once"), "safe")).rejects.toMatchObject({ code: "UNAVAILABLE" });
      }
      expect(await log.append(message("r", "fast"))).toMatchObject({ seq: 3, durability: "fast" });
    } finally {
      replica.resume();
    }
    const answer = await until(() => log.append(message("r", "once"), "safe"));
    expect(answer).toMatchObject({ seq: 2, duplicate: true, durability: "safe" });
    expect(await log.append(message("r", "fast"), "safe")).toMatchObject({ seq: 3, duplicate: true });
  });

  test("a message that was acknowledged at once before must wait when it is asked for again", async () => {
    const { log } = await build();
    await log.append(message("r", "before"), "safe");
    replica.pause();
    try {
      await log.append(message("r", "m"), "fast");
      await expect(log.append(message("r", "m"), "safe")).rejects.toMatchObject({ code: "UNAVAILABLE" });
    } finally {
      replica.resume();
    }
    await until(() => log.append(message("r", "m"), "safe"));
  });
});

describe("the tier safe", () => {
  test("keeps the order of calls of either tier", async () => {
    const { log } = await build();
    const calls = span(1, 100).map((i) => log.append(message("r", `m${i}`), i % 2 === 0 ? "safe" : "fast"));
    expect(seqs(await Promise.all(calls))).toEqual(span(1, 100));
  });

  test("lets a thousand appends share a few waits", async () => {
    const { log } = await build();
    await log.append(message("r", "first"), "safe");
    const before = await waits();
    await Promise.all(span(1, 1_000).map((i) => log.append(message("r", `m${i}`), "safe")));
    expect((await waits()) - before).toBeLessThan(100);
  });
});

async function waits(): Promise<number> {
  return Number(/cmdstat_wait:calls=(\d+)/.exec(await primary.ask("INFO commandstats"))?.[1] ?? 0);
}

test("a primary that has to have a replica for every write refuses without one, and nothing took a place meanwhile", async () => {
  await using alone = await startRedisServer();
  const { log } = await build({ url: alone.url, safe: "offered" });
  await log.append(message("r", "m1"));
  await alone.ask("CONFIG SET min-replicas-to-write 1");
  await expect(log.append(message("r", "m2"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await alone.ask("CONFIG SET min-replicas-to-write 0");
  expect(await log.append(message("r", "m2"))).toMatchObject({ seq: 2, duplicate: false });
});

describe("a Redis on which safe is not possible", () => {
  test("ends a start that requires it, with one line that says what to change", async () => {
    await using alone = await startRedisServer();
    await alone.ask("CONFIG SET maxmemory-policy allkeys-lru");
    await expect(build({ url: alone.url })).rejects.toThrow(
      new ConfigError(
        'WEIR_DURABILITY: "safe" is not possible on this Redis: no replica of it is online: start one with `replicaof`; ' +
          "it writes no append-only file: set `appendonly yes`; it evicts (allkeys-lru): set `maxmemory-policy noeviction`; " +
          "or set WEIR_DURABILITY=fast",
      ),
    );
  });

  test("answers fast where nobody requires more", async () => {
    await using alone = await startRedisServer();
    const { log } = await build({ url: alone.url, safe: "offered" });
    expect(await log.append(message("r", "m"), "safe")).toMatchObject({ durability: "fast" });
  });

  test("is not asked by who appends nothing", async () => {
    const { log } = await build({ safe: "no" });
    expect(await log.append(message("r", "m"), "safe")).toMatchObject({ durability: "fast" });
  });
});
