import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../../src/chat/entry.ts";
import { sendAfter, windowFor } from "../../../src/gateway/batch-window.ts";
import { RoomOutbox } from "../../../src/gateway/room-outbox.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { recentLoopDelay } from "../../../src/telemetry/recent-loop-delay.ts";

const rules = { windowMs: 8, windowMaxMs: 100, windowEntries: 5, windowChars: 100 };
const load = fc.record({
  frameMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
  loopDelayMs: fc.double({ min: 0, max: 1_000, noNaN: true }),
});

class SlowClock extends ManualClock {
  /** What the next frames take, ms. */
  frameMs = 0;
  #spent = 0;

  spend(): void {
    this.#spent += this.frameMs;
  }

  override monotonic(): number {
    return super.monotonic() + this.#spent;
  }
}

function setUp() {
  const clock = new SlowClock();
  const frames: number[][] = [];
  const windows: number[] = [];
  const state = { loopDelayMs: 0 };
  const outbox = new RoomOutbox({
    rules,
    clock,
    loopDelayMs: () => state.loopDelayMs,
    sendEntries: (entries: readonly Entry[], windowMs) => {
      frames.push(entries.map(({ seq }) => seq));
      windows.push(windowMs);
      clock.spend();
    },
  });
  const push = (seq: number, text = "x"): void =>
    outbox.push([{ kind: "message", room: "r", epoch: "1", seq, id: `${seq}`, from: { id: "a" }, at: 0, text }]);
  return { clock, frames, windows, state, outbox, push };
}

test("a quiet room sends at once; a busy one a window after its last frame, or when the frame is full", () => {
  const state = { entries: 1, chars: 1, lastSentAt: undefined };
  expect(sendAfter(rules, state, 8, 100)).toBe(0);
  expect(sendAfter(rules, { ...state, lastSentAt: 92 }, 8, 100)).toBe(0);
  expect(sendAfter(rules, { ...state, lastSentAt: 95 }, 8, 100)).toBe(3);
  expect(sendAfter(rules, { ...state, lastSentAt: 95 }, 50, 100)).toBe(45);
  expect(sendAfter(rules, { ...state, lastSentAt: 95, entries: 5 }, 8, 100)).toBe(0);
  expect(sendAfter(rules, { ...state, lastSentAt: 95, chars: 100 }, 8, 100)).toBe(0);
});

test("whatever the load, the window lies between its bounds, and more load never makes it narrower", () => {
  expect(windowFor(rules, { frameMs: 0, loopDelayMs: 0 })).toBe(rules.windowMs);
  fc.assert(
    fc.property(load, load, (one, other) => {
      const window = windowFor(rules, one);
      expect(window).toBeGreaterThanOrEqual(rules.windowMs);
      expect(window).toBeLessThanOrEqual(rules.windowMaxMs);
      const more = { frameMs: one.frameMs + other.frameMs, loopDelayMs: one.loopDelayMs + other.loopDelayMs };
      expect(windowFor(rules, more)).toBeGreaterThanOrEqual(window);
    }),
  );
});

/** What adding and taking away a time of some seconds may be off by, ms. */
const roundingMs = 1e-9;

test("whatever the load, nothing waits longer than the window, and a room that was quiet for that long does not wait", () => {
  const times = fc.record({ lastSentAt: fc.nat({ max: 10_000 }), since: fc.nat({ max: 10_000 }) });
  fc.assert(
    fc.property(load, times, (given, { lastSentAt, since }) => {
      const window = windowFor(rules, given);
      const wait = sendAfter(rules, { entries: 1, chars: 1, lastSentAt }, window, lastSentAt + since);
      expect(wait).toBeLessThanOrEqual(window + roundingMs);
      if (since >= window) expect(wait).toBe(0);
    }),
  );
});

test("messages that arrive together go out together, without a wait; those that follow gather for the window", async () => {
  const { clock, frames, push } = setUp();
  for (let seq = 1; seq <= 3; seq++) push(seq);
  expect(frames).toEqual([]);
  await Promise.resolve();
  expect(frames).toEqual([[1, 2, 3]]);
  for (let seq = 4; seq <= 10; seq++) push(seq);
  await Promise.resolve();
  expect(frames.slice(1)).toEqual([[4, 5, 6, 7, 8]]);
  await clock.advance(8);
  expect(frames.slice(2)).toEqual([[9, 10]]);
});

test("frames that take long, for many members, come less often; so they do while the loop is late", async () => {
  const { clock, windows, state, push } = setUp();
  clock.frameMs = 20;
  for (let seq = 1; seq <= 30; seq++) {
    push(seq);
    await clock.advance(100);
  }
  expect(windows[0]).toBe(rules.windowMs);
  expect(windows.at(-1)).toBeGreaterThan(35);
  state.loopDelayMs = 30;
  push(31);
  await clock.advance(100);
  expect(windows.at(-1)).toBeGreaterThan(65);
  clock.frameMs = 0;
  state.loopDelayMs = 0;
  for (let seq = 32; seq <= 70; seq++) {
    push(seq);
    await clock.advance(100);
  }
  expect(windows.at(-1)).toBe(rules.windowMs);
});

test("however entries come, each goes out once, in order, within the window of its coming", async () => {
  const coming = fc.array(fc.record({ gap: fc.integer({ min: 0, max: 20 }), length: fc.integer({ min: 1, max: 60 }) }));
  await fc.assert(
    fc.asyncProperty(coming, async (all) => {
      const { clock, frames, push } = setUp();
      for (const [i, { gap, length }] of all.entries()) {
        await clock.advance(gap);
        push(i + 1, "x".repeat(length));
      }
      await clock.advance(rules.windowMs);
      expect(frames.flat()).toEqual(all.map((_, i) => i + 1));
      for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(rules.windowEntries);
    }),
    { numRuns: 50 },
  );
});

test("a late turn of the loop raises the delay at once and is forgotten within seconds", async () => {
  const clock = new SlowClock();
  const delay = recentLoopDelay(clock);
  await clock.advance(1_000);
  expect(delay()).toBe(0);
  clock.frameMs = 200;
  clock.spend();
  await clock.advance(100);
  expect(delay()).toBeGreaterThan(40);
  await clock.advance(5_000);
  expect(delay()).toBeLessThan(1);
});
