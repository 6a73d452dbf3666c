import fc from "fast-check";
import { expect, test } from "vitest";
import {
  calmLoad,
  followLoad,
  type LoadSample,
  loadRules,
  noShedding,
  sheddingOf,
} from "../../../src/gateway/load-level.ts";

const rules = loadRules(50);
const idle: LoadSample = { loopDelayMs: 1, loopBusy: 0.1, memory: 0.3 };

function after(...samples: readonly Partial<LoadSample>[]) {
  return sheddingOf(
    samples.reduce<typeof calmLoad>((state, s) => followLoad(rules, state, { ...idle, ...s }), calmLoad),
  );
}

function times(count: number, sample: Partial<LoadSample> = {}): Partial<LoadSample>[] {
  return Array.from({ length: count }, () => sample);
}

test("one pause of the loop is no reason to shed, three in a row are", () => {
  expect(after({ loopDelayMs: 80 })).toEqual(noShedding);
  expect(after(...times(2, { loopDelayMs: 80 }), {}, { loopDelayMs: 80 })).toEqual(noShedding);
  expect(after(...times(3, { loopDelayMs: 80 }))).toEqual({ ...noShedding, newcomers: "loop" });
});

test("the later the loop, the more is given up: newcomers, then ephemeral events, then readiness", () => {
  expect(after(...times(3, { loopDelayMs: 200 }))).toMatchObject({
    newcomers: "loop",
    ephemeral: true,
    unready: undefined,
  });
  const unready = "the event loop is overloaded";
  expect(after(...times(3, { loopDelayMs: 600 }))).toEqual({
    newcomers: "loop",
    ephemeral: true,
    slowest: false,
    unready,
  });
});

test("a loop that is busy all the time for five seconds ends readiness, before it is late", () => {
  expect(after(...times(9, { loopBusy: 0.99 })).unready).toBeUndefined();
  expect(after(...times(10, { loopBusy: 0.99 })).unready).toBe("the event loop is overloaded");
});

test("memory over 80 % keeps newcomers out, over 90 % the slowest are closed", () => {
  expect(after({ memory: 0.85 })).toEqual({ ...noShedding, newcomers: "memory" });
  expect(after({ memory: 0.95 })).toMatchObject({ newcomers: "memory", slowest: true });
});

test("what was given up comes back one step at a time, and not while the value is near its bound", () => {
  const high = times(3, { loopDelayMs: 200 });
  expect(after(...high, ...times(50, { loopDelayMs: 110 })).ephemeral).toBe(true);
  expect(after(...high, ...times(4))).toEqual({ ...noShedding, newcomers: "loop" });
  expect(after(...high, ...times(8))).toEqual(noShedding);
});

test("a high sample between low ones begins their count anew", () => {
  const interrupted = [...times(3, { loopDelayMs: 80 }), ...times(3), { loopDelayMs: 200 }, ...times(3)];
  expect(after(...interrupted).newcomers).toBe("loop");
  expect(after(...interrupted, ...times(1))).toEqual(noShedding);
});

test("a value that stays on one side of a bound never flaps", () => {
  const near = fc.array(fc.double({ min: 36, max: 49.9, noNaN: true }), { maxLength: 100 });
  fc.assert(
    fc.property(near, (delays) => {
      const samples = delays.map((loopDelayMs) => ({ loopDelayMs }));
      expect(after(...samples)).toEqual(noShedding);
      expect(after(...times(3, { loopDelayMs: 60 }), ...samples).newcomers).toBe("loop");
    }),
  );
});

test("whatever was measured before, a quiet process ends up giving nothing up", () => {
  const any = fc.record({
    loopDelayMs: fc.double({ min: 0, max: 5_000, noNaN: true }),
    loopBusy: fc.double({ min: 0, max: 1, noNaN: true }),
    memory: fc.double({ min: 0, max: 1.2, noNaN: true }),
  });
  fc.assert(
    fc.property(fc.array(any), (samples) => {
      expect(after(...samples, ...times(12))).toEqual(noShedding);
    }),
  );
});

test("who asks for it is never shed for the sake of the loop", () => {
  const never = loadRules(Number.POSITIVE_INFINITY);
  const worst = { loopDelayMs: 60_000, loopBusy: 1, memory: 0 };
  const state = times(50).reduce<typeof calmLoad>((before) => followLoad(never, before, worst), calmLoad);
  expect(sheddingOf(state)).toEqual(noShedding);
});
