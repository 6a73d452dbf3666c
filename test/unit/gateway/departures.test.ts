import fc from "fast-check";
import { expect, test } from "vitest";
import { departurePace } from "../../../src/gateway/departure-pace.ts";
import { Departures } from "../../../src/gateway/departures.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { createRig } from "./gateway-rig.ts";

/** Connections that do not move by themselves. */
function crowd(count: number, random = () => 0.5) {
  const clock = new ManualClock();
  const turned: string[] = [];
  const told: { readonly id: string; readonly at: number; readonly payload: unknown }[] = [];
  let here = Array.from({ length: count }, (_, i) => {
    const id = `${i}`;
    const end = (): void => void (here = here.filter((one) => one.id !== id));
    const send = (_event: string, payload: unknown): void => void told.push({ id, at: clock.monotonic(), payload });
    const turnAway = (): void => void turned.push(id);
    return { id, send, join: () => {}, leave: () => {}, close: end, turnAway };
  });
  const metrics = createMetrics({ processMetrics: false });
  const departures = new Departures({ connections: () => here, clock, random, metrics, logger: silentLogger });
  return { clock, told, turned, departures, ids: () => here.map(({ id }) => id) };
}

test("a leaving gateway tells its clients at an even pace, each once, and has none at the end of its window", async () => {
  const { clock, told, departures, ids } = crowd(50);
  const drained = departures.drain({ windowMs: 1_000, signal: new AbortController().signal });
  await clock.advance(450);
  expect(told.length).toBeGreaterThan(22);
  expect(told.length).toBeLessThan(30);
  expect(ids()).toHaveLength(50 - told.filter(({ at }) => at <= 350).length);
  await clock.advance(800);
  await drained;
  expect(ids()).toEqual([]);
  expect(new Set(told.map(({ id }) => id)).size).toBe(told.length);
  expect(told[0]?.payload).toEqual({ afterMs: 50, reason: "draining" });
});

test("a client is served until it was told to come back, and a little longer", async () => {
  const { clock, departures, ids } = crowd(1, () => 0.999);
  departures.release(1, 60_000);
  await clock.advance(1_900);
  expect(ids()).toEqual(["0"]);
  await clock.advance(700);
  expect(ids()).toEqual([]);
});

test("when there is no more time, those who are left go at once", async () => {
  const { clock, departures, ids } = crowd(100);
  const abort = new AbortController();
  const done = departures.drain({ windowMs: 60_000, signal: abort.signal });
  await clock.advance(5_000);
  expect(ids().length).toBeGreaterThan(80);
  abort.abort();
  await done;
  expect(ids()).toEqual([]);
});

test("no second of a window holds more than one and a half times its share of the departures", async () => {
  const { clock, told, departures } = crowd(2_000);
  const drained = departures.drain({ windowMs: 20_000, signal: new AbortController().signal });
  await clock.advance(20_000);
  await drained;
  const perSecond = new Map<number, number>();
  for (const { at } of told) perSecond.set(Math.floor(at / 1_000), (perSecond.get(Math.floor(at / 1_000)) ?? 0) + 1);
  expect(Math.max(...perSecond.values())).toBeLessThanOrEqual(1.5 * (2_000 / 20));
});

test("a release takes those who have been here longest, and nobody twice", async () => {
  const { clock, told, turned, departures, ids } = crowd(10);
  expect(departures.release(2, 60_000)).toBe(2);
  expect(departures.release(2, 60_000)).toBe(2);
  expect(told.map(({ id }) => id)).toEqual(["0", "1", "2", "3"]);
  expect(told[0]?.payload).toMatchObject({ reason: "rebalance" });
  expect(turned).toEqual(["0", "1", "2", "3"]);
  await clock.advance(3_000);
  expect(ids()).toEqual(["4", "5", "6", "7", "8", "9"]);
});

test("a gateway that drains lets nobody in", async () => {
  const rig = createRig({ drainWindowMs: 1_000 });
  const drained = rig.gateway.drain?.(new AbortController().signal);
  await rig.clock.advance(200);
  await drained;
  await expect(rig.gateway.authenticate("alice")).rejects.toMatchObject({ code: "DRAINING" });
});

test("the parts of a window are the window, whatever its length", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 3_600_000 }), (windowMs) => {
      const { tellMs, comeBackMs, lingerMs } = departurePace(windowMs);
      expect(tellMs + comeBackMs + lingerMs).toBeCloseTo(windowMs);
      expect(tellMs).toBeGreaterThanOrEqual(windowMs / 2);
    }),
  );
});
