import { beforeEach, expect, test } from "vitest";
import { RateLimiter } from "../../../src/gateway/rate-limiter.ts";
import { RoomRates } from "../../../src/gateway/room-rates.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";

const rate = { ratePerSecond: 1, burst: 2 };

let metrics: Metrics;
beforeEach(() => {
  metrics = createMetrics({ processMetrics: false });
});

test("each key has a bucket of its own", () => {
  const limiter = new RateLimiter({ rate, capacity: 10, clock: new ManualClock(), metrics });
  expect(["a", "a", "a", "b"].map((key) => limiter.take(key))).toEqual([0, 0, 1_000, 0]);
});

test("buckets that are full again are forgotten", async () => {
  const clock = new ManualClock();
  const limiter = new RateLimiter({ rate, capacity: 1_000, clock, metrics });
  for (let i = 0; i < 100; i++) limiter.take(`user${i}`);
  expect(limiter.size).toBe(100);
  await clock.advance(10_000);
  for (let i = 0; i < 100; i++) limiter.take("one");
  expect(limiter.size).toBe(1);
});

test("a bucket is kept full while requests that passed are not reported, and forgotten a minute later all the same", async () => {
  const clock = new ManualClock();
  const spent: (readonly [string, number])[] = [];
  const spend = async (key: string, points: number): Promise<number> => (spent.push([key, points]), 0);
  const limiter = new RateLimiter({ rate, capacity: 1_000, clock, metrics, shared: { step: 3, spend } });
  for (let i = 0; i < 3; i++) {
    limiter.take("slow");
    await clock.advance(5_000);
    limiter.take(`other${i}`);
  }
  expect(spent).toEqual([["slow", 3]]);
  expect(limiter.size).toBeGreaterThan(3);
  await clock.advance(60_000);
  for (let i = 0; i < 3; i++) limiter.take("last");
  expect(limiter.size).toBe(1);
});

test("there are never more buckets than allowed, and the ones in use stay", () => {
  const limiter = new RateLimiter({ rate, capacity: 10, clock: new ManualClock(), metrics });
  limiter.take("busy");
  for (let i = 0; i < 1_000; i++) {
    limiter.take(`user${i}`);
    limiter.take("busy");
    expect(limiter.size).toBeLessThanOrEqual(10);
  }
  expect(limiter.take("busy")).toBeGreaterThan(0);
});

test("a bucket that is forgotten before it is full is counted, and one that is full is not", async () => {
  const clock = new ManualClock();
  const limiter = new RateLimiter({ rate, capacity: 2, clock, metrics });
  const forgotten = async () => (await metrics.scrape()).text.match(/cap="rate_buckets"} (\d+)/)?.[1];
  for (const key of ["a", "b"]) limiter.take(key);
  await clock.advance(10_000);
  for (const key of ["c", "d"]) limiter.take(key);
  expect(await forgotten()).toBe("0");
  limiter.take("e");
  expect(await forgotten()).toBe("1");
});

test("of too many different rates the one used longest ago begins anew, and that is counted", async () => {
  const clock = new ManualClock();
  const rates = new RoomRates(
    (_name, rateOf) => new RateLimiter({ rate: rateOf, capacity: 10, clock, metrics }),
    metrics,
  );
  const take = (ratePerSecond: number) => rates.take("room", { ratePerSecond, burst: 1 }, "r");
  expect([take(1), take(1)]).toEqual([0, 1_000]);
  for (let i = 2; i <= 101; i++) take(i);
  expect((await metrics.scrape()).text).toContain('weir_cap_reached_total{cap="room_rates"} 1');
  expect(take(1)).toBe(0);
});
