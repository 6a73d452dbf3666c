import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRedisRates } from "../../src/adapters/rate-limits/redis-rates.ts";
import { RateLimiter } from "../../src/gateway/rate-limiter.ts";
import { windowOf } from "../../src/gateway/shared-rate.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";

let server: RedisServer;
const clients: Redis[] = [];

beforeAll(async () => {
  server = await startRedisServer();
});

afterAll(async () => {
  for (const client of clients) client.disconnect();
  await server.close();
});

const rate = { ratePerSecond: 5, burst: 20 };

async function gateway(prefix: string) {
  const options = { enableOfflineQueue: false, maxRetriesPerRequest: 0, lazyConnect: true, retryStrategy: () => 50 };
  const client = new Redis(server.url, options);
  client.on("error", () => undefined);
  clients.push(client);
  await client.connect();
  const metrics = createMetrics({ processMetrics: false });
  const shared = createRedisRates({ client, prefix, metrics })("user", windowOf(rate));
  return { limiter: new RateLimiter({ rate, capacity: 100, clock: systemClock, metrics, shared }), shared, metrics };
}

test("what passes on several gateways is counted once for all, and the key waits until its window ends", async () => {
  const [here, there] = [await gateway("a:"), await gateway("a:")];
  const { points, seconds } = windowOf(rate);
  expect(await here.shared.spend("alice", points - 1)).toBe(0);
  expect(await there.shared.spend("alice", 1)).toBe(0);
  const wait = await there.shared.spend("alice", 1);
  expect(wait).toBeGreaterThan(0);
  expect(wait).toBeLessThanOrEqual(seconds * 1_000);
  expect(await there.shared.spend("bob", 1)).toBe(0);
});

test("a user who has spent its window elsewhere is refused here after one step, with the time to wait", async () => {
  const [here, there] = [await gateway("b:"), await gateway("b:")];
  await there.shared.spend("alice", windowOf(rate).points);
  for (let i = 0; i < windowOf(rate).step; i++) expect(here.limiter.take("alice")).toBe(0);
  await until(() => here.limiter.take("alice") > 1_000);
  expect(here.limiter.take("bob")).toBe(0);
});

test("names of users are no part of the keys' syntax", async () => {
  const { shared } = await gateway("c:");
  for (const name of ["", "a b", "{x}", "ü\u0000\n", "user:1"]) expect(await shared.spend(name, 1)).toBe(0);
  const keys = await server.ask("KEYS c:*");
  expect(keys).not.toContain("user:1");
  expect(keys).not.toContain("{x}");
});

test("while Redis is away each gateway limits alone, and the count goes on when it is back", async () => {
  const { limiter, shared, metrics } = await gateway("d:");
  await server.kill();
  const taken = Array.from({ length: 25 }, () => limiter.take("alice"));
  expect(taken.filter((wait) => wait === 0)).toHaveLength(20);
  expect(await shared.spend("alice", 1_000)).toBe(0);
  expect((await metrics.scrape()).text).toMatch(/weir_rate_reports_total\{limit="user",result="unreachable"\} [1-9]/);
  await server.restart("empty");
  await until(async () => (await shared.spend("alice", 1_000)) > 0);
});
