import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRedisControl, type RedisControl } from "../../src/adapters/redis/create-redis-control.ts";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { freePort } from "../harness/free-port.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { shareRedis } from "../harness/redis-server.ts";
import { runRandom } from "../harness/seeded-random.ts";
import { until } from "../harness/until.ts";
import { message } from "./message-log-fixtures.ts";

let redis: Awaited<ReturnType<typeof shareRedis>>;
beforeAll(async () => {
  redis = await shareRedis();
});
afterAll(() => redis.close());

interface Both extends AsyncDisposable {
  readonly log: RedisLog;
  readonly control: RedisControl;
}

function controlOf(url: string, prefix: string): RedisControl {
  const world = { clock: systemClock, random: runRandom(), logger: silentLogger };
  return createRedisControl({ ...world, url, prefix, partitions: 4, fleetMemoryMs: 60_000 });
}

/** A log as gateways and flushers have it, and the controller's view of the same Redis. */
async function both(): Promise<Both> {
  const prefix = `test-${randomUUID()}:`;
  const log = testRedisLog({ url: redis.url, prefix, partitions: 4 });
  const control = controlOf(redis.url, prefix);
  await Promise.all([log.start(), control.start()]);
  await until(() => control.backlog());
  return {
    log,
    control,
    [Symbol.asyncDispose]: async () => void (await Promise.all([log.stop(), control.stop()])),
  };
}

describe("the controller's view of Redis", () => {
  test("has what every gateway said last, without being one of them", async () => {
    await using at = await both();
    expect(await at.control.loads()).toEqual([]);
    await at.log.fleet(60_000).report({ gateway: "gw-1_a", connections: 7 });
    expect(await at.control.loads()).toEqual([{ gateway: "gw-1_a", connections: 7 }]);
    expect(await at.log.fleet(60_000).report({ gateway: "gw-1_a", connections: 8 })).toHaveLength(1);
  });

  test("forgets a gateway that says nothing", async () => {
    const prefix = `test-${randomUUID()}:`;
    const log = testRedisLog({ url: redis.url, prefix });
    const world = { clock: systemClock, random: runRandom(), logger: silentLogger };
    const control = createRedisControl({ ...world, url: redis.url, prefix, partitions: 1, fleetMemoryMs: 50 });
    await Promise.all([log.start(), control.start()]);
    await log.fleet(60_000).report({ gateway: "gw-1_a", connections: 7 });
    expect(await until(async () => (await control.loads()).length === 0)).toBe(true);
    await Promise.all([log.stop(), control.stop()]);
  });

  test("adds up what waits in all partitions, and knows the age of the oldest", async () => {
    await using at = await both();
    expect(await at.control.backlog()).toEqual({ entries: 0, oldestAgeMs: 0 });
    for (const room of ["a", "b", "c", "d", "e"]) await at.log.log.append(message(room, "m"));
    const before = await at.control.backlog();
    expect(before.entries).toBe(5);
    expect(await until(async () => (await at.control.backlog()).oldestAgeMs > before.oldestAgeMs)).toBe(true);
  });

  test("reads the lease that flushers hold", async () => {
    await using at = await both();
    expect(await at.control.lease("flusher").read()).toBeUndefined();
    await at.log.lease("flusher").write({ holder: "f_1", durationMs: 6_000, transitions: 1 }, undefined);
    expect(await at.control.lease("flusher").read()).toMatchObject({ holder: "f_1", transitions: 1 });
  });

  test("publishes policies that gateways read", async () => {
    await using at = await both();
    const document = { rules: [{ room: "team:*", policy: "slow", settings: { slowModeSeconds: 5 } }] };
    const revision = await at.control.policies.publish(document);
    expect(await at.log.policies.read(0)).toEqual({ revision, document });
  });

  test("starts also while Redis is away, and says then that it does not know", async () => {
    const control = controlOf(`redis://127.0.0.1:${await freePort()}`, "test:");
    await control.start();
    await expect(control.loads()).rejects.toThrow();
    await expect(control.backlog()).rejects.toThrow();
    await control.stop();
  });
});
