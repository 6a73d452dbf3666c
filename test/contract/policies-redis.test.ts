import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { type RedisServer, shareRedis, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { policiesContract } from "./policies.contract.ts";

let redis: Awaited<ReturnType<typeof shareRedis>>;
beforeAll(async () => {
  redis = await shareRedis();
});
afterAll(() => redis.close());

policiesContract("policies in Redis", async () => {
  const prefix = `test-${randomUUID()}:`;
  const [ours, theirs] = [testRedisLog({ url: redis.url, prefix }), testRedisLog({ url: redis.url, prefix })];
  await Promise.all([ours.start(), theirs.start()]);
  return {
    publisher: theirs.policies,
    ours: ours.policies,
    theirs: theirs.policies,
    close: async () => void (await Promise.all([ours.stop(), theirs.stop()])),
  };
});

const document = { rules: [{ room: "**", policy: "p", settings: { slowModeSeconds: 1 } }] };

async function withLog(url: string, body: (log: RedisLog, prefix: string) => Promise<void>): Promise<void> {
  const prefix = "p:";
  const log = testRedisLog({ url, prefix });
  await log.start();
  try {
    await body(log, prefix);
  } finally {
    await log.stop();
  }
}

/** A revision is the time of its publication, so that two within one millisecond would be the same. */
async function redisTimeMs(server: RedisServer): Promise<number> {
  const [seconds = 0, micros = 0] = [...(await server.ask("TIME")).matchAll(/^\d+/gm)].map(Number);
  return seconds * 1_000 + micros / 1_000;
}

test("a Redis that is emptied has the policies again under a higher revision when they are published again", async () => {
  await using server: RedisServer = await startRedisServer();
  await withLog(server.url, async ({ policies }) => {
    const before = await policies.publish(document);
    await server.ask("FLUSHALL");
    await until(async () => (await redisTimeMs(server)) > before);
    expect(await policies.read(0)).toBeUndefined();
    expect(await policies.publish(document)).toBeGreaterThan(before);
  });
});

test("what is no document is an error and not a silence", async () => {
  await using server: RedisServer = await startRedisServer();
  await withLog(server.url, async ({ policies }, prefix) => {
    await server.ask(`HSET ${prefix}{policies} revision 5 document nonsense`);
    await expect(policies.read(0)).rejects.toThrow("no document");
    expect(await policies.read(5)).toBeUndefined();
  });
});
