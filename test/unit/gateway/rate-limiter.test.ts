import { expect, test } from "vitest";
import { RateLimiter } from "../../../src/gateway/rate-limiter.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

const rate = { ratePerSecond: 1, burst: 2 };

test("each key has a bucket of its own", () => {
  const limiter = new RateLimiter({ rate, capacity: 10, clock: new ManualClock() });
  expect(["a", "a", "a", "b"].map((key) => limiter.take(key))).toEqual([0, 0, 1_000, 0]);
});

test("buckets that are full again are forgotten", async () => {
  const clock = new ManualClock();
  const limiter = new RateLimiter({ rate, capacity: 1_000, clock });
  for (let i = 0; i < 100; i++) limiter.take(`user${i}`);
  expect(limiter.size).toBe(100);
  await clock.advance(10_000);
  for (let i = 0; i < 100; i++) limiter.take("one");
  expect(limiter.size).toBe(1);
});

test("there are never more buckets than allowed, and the ones in use stay", () => {
  const limiter = new RateLimiter({ rate, capacity: 10, clock: new ManualClock() });
  limiter.take("busy");
  for (let i = 0; i < 1_000; i++) {
    limiter.take(`user${i}`);
    limiter.take("busy");
    expect(limiter.size).toBeLessThanOrEqual(10);
  }
  expect(limiter.take("busy")).toBeGreaterThan(0);
});
