import fc from "fast-check";
import { expect, test } from "vitest";
import { RateLimiter } from "../../../src/gateway/rate-limiter.ts";
import { type RateWindow, type SharedRate, windowOf } from "../../../src/gateway/shared-rate.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const rate = { ratePerSecond: 5, burst: 20 };

/** What Redis does, in memory: windows that begin with the first report. */
function sharedCount(
  { seconds, points, step }: RateWindow,
  clock: ManualClock,
): SharedRate & { readonly reports: number } {
  const windows = new Map<string, { used: number; readonly end: number }>();
  let reports = 0;
  return {
    step,
    get reports() {
      return reports;
    },
    spend: async (key, spent) => {
      reports += 1;
      const now = clock.monotonic();
      const known = windows.get(key);
      const window = known === undefined || known.end <= now ? { used: 0, end: now + seconds * 1_000 } : known;
      window.used += spent;
      windows.set(key, window);
      return window.used > points ? window.end - now : 0;
    },
  };
}

const metrics = createMetrics({ processMetrics: false });

function fleet(gateways: number, clock: ManualClock) {
  const shared = sharedCount(windowOf(rate), clock);
  const limiters = Array.from(
    { length: gateways },
    () => new RateLimiter({ rate, capacity: 100, clock, metrics, shared }),
  );
  return { shared, limiters };
}

test("who keeps to the rate on one gateway is never refused by the count of all", async () => {
  const waits = fc.array(fc.integer({ min: 0, max: 2_000 }), { maxLength: 300 });
  await fc.assert(
    fc.asyncProperty(waits, async (all) => {
      const clock = new ManualClock();
      const alone = new RateLimiter({ rate, capacity: 100, clock, metrics });
      const [counted] = fleet(1, clock).limiters;
      for (const wait of all) {
        await clock.advance(wait);
        expect(counted?.take("alice")).toBe(alone.take("alice"));
      }
    }),
    { numRuns: 30 },
  );
});

test("a user of four gateways has about the rate of one, not of four", async () => {
  const clock = new ManualClock();
  const { limiters } = fleet(4, clock);
  let passed = 0;
  for (let tick = 0; tick < 600; tick++) {
    await clock.advance(100);
    for (const limiter of limiters) if (limiter.take("alice") === 0) passed += 1;
  }
  expect(passed).toBeGreaterThan(60 * rate.ratePerSecond);
  expect(passed).toBeLessThan(60 * rate.ratePerSecond * 1.8);
});

test("others are not touched, and a report is made for a step of requests only", async () => {
  const clock = new ManualClock();
  const { limiters, shared } = fleet(2, clock);
  for (let i = 0; i < 19; i++) limiters[0]?.take("alice");
  expect(limiters[1]?.take("bob")).toBe(0);
  expect(shared.reports).toBe(3);
});

test("requests that come too slowly to fill a step at once are reported all the same", async () => {
  const clock = new ManualClock();
  const { limiters, shared } = fleet(1, clock);
  for (let i = 0; i < 10; i++) {
    await clock.advance(5_000);
    limiters[0]?.take("alice");
    limiters[0]?.take(`other${i}`);
  }
  expect(shared.reports).toBe(2);
});
