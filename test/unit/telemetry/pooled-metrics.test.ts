import fc from "fast-check";
import { expect, test } from "vitest";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";
import { PooledMetrics } from "../../../src/telemetry/pooled-metrics.ts";

function measuring(): Metrics {
  return createMetrics({ processMetrics: false });
}

async function figure(pooled: PooledMetrics, series: string): Promise<number> {
  const { text } = await pooled.exposition();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`no ${series}`);
  return Number(line.slice(series.length + 1));
}

test("who has ended stays in the totals, and not in what there is now", async () => {
  const [a, b] = [measuring(), measuring()];
  const pooled = new PooledMetrics();
  for (const [id, metrics] of [a, b].entries()) {
    metrics.count("weir_messages_total", { kind: "message" }, 10);
    metrics.observe("weir_request_seconds", { event: "ping" }, 0.02);
    metrics.set("weir_rooms", {}, 3);
    pooled.heard(id, await metrics.snapshot());
  }
  pooled.ended(0);
  b.count("weir_messages_total", { kind: "message" });
  pooled.heard(1, await b.snapshot());
  expect(await figure(pooled, 'weir_messages_total{kind="message"}')).toBe(21);
  expect(await figure(pooled, 'weir_request_seconds_count{event="ping"}')).toBe(2);
  expect(await figure(pooled, "weir_rooms")).toBe(3);
});

test("who was not heard this time counts with what it said before, and one of whom nothing was heard changes nothing", async () => {
  const a = measuring();
  a.count("weir_messages_total", { kind: "message" }, 10);
  const pooled = new PooledMetrics();
  pooled.heard(1, await a.snapshot());
  pooled.heard(1, undefined);
  pooled.ended(2);
  expect(await figure(pooled, 'weir_messages_total{kind="message"}')).toBe(10);
});

test("a figure that all of them read goes on with those who are left, whoever ends", async () => {
  const [old, young] = [measuring(), measuring()];
  const pooled = new PooledMetrics();
  const tell = async (): Promise<void> => {
    pooled.heard(1, await old.snapshot());
    pooled.heard(2, await young.snapshot());
  };
  old.count("weir_redis_commands_total", {}, 1_000);
  await tell();
  old.count("weir_redis_commands_total", {}, 50);
  young.count("weir_redis_commands_total", {}, 50);
  await tell();
  pooled.ended(1);
  expect(await figure(pooled, "weir_redis_commands_total")).toBe(1_050);
  young.count("weir_redis_commands_total", {}, 7);
  pooled.heard(2, await young.snapshot());
  expect(await figure(pooled, "weir_redis_commands_total")).toBe(1_057);
});

test("a sum of fractions does not come out lower where one of them is told apart from the others", async () => {
  const pooled = new PooledMetrics();
  for (const [id, seconds] of [0.13, 0.01, 0.04].entries()) {
    const metrics = measuring();
    metrics.observe("weir_delivery_seconds", {}, seconds);
    pooled.heard(id, await metrics.snapshot());
  }
  const before = await figure(pooled, "weir_delivery_seconds_sum");
  pooled.ended(0);
  expect(await figure(pooled, "weir_delivery_seconds_sum")).toBeGreaterThanOrEqual(before);
});

test("no total ever goes down, whoever measures, is heard, ends and begins", async () => {
  const step = fc.record({
    who: fc.integer({ min: 0, max: 3 }),
    what: fc.constantFrom("measure", "measure", "hear", "end"),
    by: fc.double({ min: 0, max: 10, noNaN: true }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const pooled = new PooledMetrics();
      const processes = new Map<number, Metrics>();
      let [sum, most] = [0, 0];
      for (const { who, what, by } of steps) {
        const metrics = processes.get(who) ?? measuring();
        processes.set(who, metrics);
        if (what === "measure") {
          metrics.observe("weir_delivery_seconds", {}, by);
          metrics.count("weir_redis_cpu_seconds_total", {}, by);
        }
        if (what === "hear") pooled.heard(who, structuredClone(await metrics.snapshot()));
        if (what === "end") {
          pooled.ended(who);
          processes.delete(who);
        }
        if (what === "measure" || processes.size === 0) continue;
        const { text } = await pooled.exposition();
        if (!text.includes("weir_delivery_seconds_sum")) continue;
        const [nextSum, nextMost] = [
          await figure(pooled, "weir_delivery_seconds_sum"),
          await figure(pooled, "weir_redis_cpu_seconds_total"),
        ];
        expect(nextSum).toBeGreaterThanOrEqual(sum);
        expect(nextMost).toBeGreaterThanOrEqual(most);
        [sum, most] = [nextSum, nextMost];
      }
    }),
    { numRuns: 25 },
  );
});
