import { expect, test } from "vitest";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";

async function sample(metrics: Metrics, name: string): Promise<number | undefined> {
  const { text } = await metrics.scrape();
  const line = text.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? undefined : Number(line.split(" ")[1]);
}

test("what Weir says of Redis follows Redis: its memory, its file, its eviction, its replicas, its end", async () => {
  await using redis = await startRedisServer({ appendOnly: true });
  const metrics = createMetrics({ processMetrics: false });
  const log = testRedisLog({ url: redis.url, metrics });
  await log.start();
  const now = (name: string): Promise<number | undefined> => sample(metrics, name);
  try {
    expect(await now("weir_redis_connected")).toBe(1);
    expect(await now("weir_redis_append_only")).toBe(1);
    expect(await now("weir_redis_evicts")).toBe(0);
    expect(await now("weir_redis_replicas")).toBe(0);
    expect(await now("weir_redis_memory_limit_bytes")).toBe(0);
    expect(await now("weir_redis_memory_bytes")).toBeGreaterThan(100_000);

    await redis.ask("CONFIG SET appendonly no");
    await redis.ask("CONFIG SET maxmemory-policy allkeys-lru");
    for (let i = 0; i < 50; i++) await redis.ask(`SET key:${i} value`);
    await redis.ask("CONFIG SET maxmemory 1024");
    await redis.ask("SET one-more value");
    expect(await now("weir_redis_append_only")).toBe(0);
    expect(await now("weir_redis_evicts")).toBe(1);
    expect(await now("weir_redis_memory_limit_bytes")).toBe(1024);
    expect(await now("weir_redis_evicted_keys_total")).toBeGreaterThan(0);
    expect(await now("weir_redis_commands_total")).toBeGreaterThan(50);

    await redis.kill();
    await until(async () => (await now("weir_redis_connected")) === 0, { within: 10_000 });
    expect(await now("weir_redis_evicts"), "what was true before stays").toBe(1);
  } finally {
    await log.stop();
  }
});

test("what Redis counted before a process looked is not counted by it, and a restart counts from nothing", async () => {
  await using redis = await startRedisServer();
  for (let i = 0; i < 500; i++) await redis.ask("PING");
  const metrics = createMetrics({ processMetrics: false });
  const log = testRedisLog({ url: redis.url, metrics });
  await log.start();
  try {
    expect(await sample(metrics, "weir_redis_commands_total")).toBe(0);
    const before = (await sample(metrics, "weir_redis_commands_total")) ?? 0;
    await redis.restart();
    await until(async () => (await sample(metrics, "weir_redis_connected")) === 1, { within: 10_000 });
    expect(await sample(metrics, "weir_redis_commands_total")).toBeGreaterThan(before);
    expect(await sample(metrics, "weir_redis_commands_total")).toBeLessThan(500);
  } finally {
    await log.stop();
  }
});
