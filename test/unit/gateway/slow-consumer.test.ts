import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfirmedPlaces } from "../../../src/gateway/confirmed-places.ts";
import {
  defaultQueueLimits,
  nextStep,
  type QueueLimits,
  type QueueSnapshot,
  type Step,
  type Waiting,
} from "../../../src/gateway/slow-consumer.ts";

const nothing: Waiting = { bytes: 0, messages: 0, oldestMs: 0 };
const keepsUp: QueueSnapshot = {
  durable: nothing,
  ephemeral: nothing,
  answers: nothing,
  stuckMs: 0,
  unconfirmedMs: 0,
  held: false,
};
const limits: QueueLimits = { maxBytes: 1_000, maxMessages: 10, maxAgeMs: 100, stuckMs: 300, answerBytes: 5_000 };

const waiting = fc
  .record({ bytes: fc.nat({ max: 3_000 }), messages: fc.nat({ max: 30 }), oldestMs: fc.nat({ max: 1_000 }) })
  .map((some) => (some.messages === 0 ? nothing : some));
const anySnapshot = fc.record({
  durable: waiting,
  ephemeral: waiting,
  answers: waiting,
  stuckMs: fc.nat({ max: 1_000 }),
  unconfirmedMs: fc.nat({ max: 1_000 }),
  held: fc.boolean(),
});

/** What a step leaves. */
function after(step: Step, snapshot: QueueSnapshot): QueueSnapshot {
  if (step.kind === "expire" || step.kind === "drop-ephemeral") return { ...snapshot, ephemeral: nothing };
  if (step.kind === "resync") return { ...snapshot, durable: nothing };
  return { ...snapshot, held: true };
}

test("a client that keeps up is left alone, and so is one large message", () => {
  expect(nextStep(keepsUp, limits)).toBeUndefined();
  expect(nextStep({ ...keepsUp, durable: { bytes: 5_000, messages: 1, oldestMs: 0 } }, limits)).toBeUndefined();
});

test.each([
  [
    "what is ephemeral and too old expires",
    { ephemeral: { bytes: 1, messages: 1, oldestMs: 101 } },
    { kind: "expire" },
  ],
  [
    "what is ephemeral goes before any message",
    { durable: { bytes: 900, messages: 9, oldestMs: 0 }, ephemeral: { bytes: 200, messages: 1, oldestMs: 0 } },
    { kind: "drop-ephemeral" },
  ],
  ["too many bytes of messages", { durable: { bytes: 1_001, messages: 2, oldestMs: 0 } }, { kind: "resync" }],
  ["too many messages", { durable: { bytes: 11, messages: 11, oldestMs: 0 } }, { kind: "resync" }],
  ["a message too old", { durable: { bytes: 1, messages: 1, oldestMs: 101 } }, { kind: "resync" }],
  ["too much unconfirmed for too long", { unconfirmedMs: 101 }, { kind: "hold" }],
  ["still too much unconfirmed", { unconfirmedMs: 401, held: true }, { kind: "close", cause: "unconfirmed" }],
  ["nothing taken for too long", { stuckMs: 401 }, { kind: "close", cause: "stuck" }],
  ["answers without end", { answers: { bytes: 5_001, messages: 9, oldestMs: 0 } }, { kind: "close", cause: "answers" }],
])("%s", (_title, more, step) => {
  expect(nextStep({ ...keepsUp, ...more }, limits)).toEqual(step);
});

test("from any state the steps come to an end, the queue is within its limits, and nobody is closed who was not stuck", () => {
  fc.assert(
    fc.property(anySnapshot, (start) => {
      let now: QueueSnapshot = start;
      for (let taken = 0; ; taken++) {
        const step = nextStep(now, limits);
        if (step === undefined) break;
        if (step.kind === "close") {
          expect(Math.max(start.stuckMs, start.unconfirmedMs) > 400 || start.answers.bytes > 5_000).toBe(true);
          return;
        }
        if (step.kind === "resync") expect(start.durable.messages).toBeGreaterThan(0);
        expect(taken).toBeLessThan(4);
        now = after(step, now);
      }
      const left = now.durable.messages + now.ephemeral.messages;
      expect(left <= limits.maxMessages || now.ephemeral.messages === 0).toBe(true);
      expect(now.durable.messages).toBeLessThanOrEqual(limits.maxMessages);
      expect(now.durable.bytes <= limits.maxBytes || now.durable.messages === 1).toBe(true);
      expect(Math.max(now.durable.oldestMs, now.ephemeral.oldestMs)).toBeLessThanOrEqual(limits.maxAgeMs);
    }),
    { numRuns: 2_000 },
  );
});

test("the defaults are those of the documents", () => {
  expect(defaultQueueLimits).toMatchObject({ maxBytes: 262_144, maxMessages: 500, maxAgeMs: 10_000, stuckMs: 30_000 });
});

test("a client without receipts is never behind, however far the room goes", () => {
  expect(new ConfirmedPlaces().behindFor(10, () => 1_000_000, 1_000_000)).toBe(0);
});

test("a client is behind from when too much is unconfirmed until it goes on, catches up, or asks anew", () => {
  const places = new ConfirmedPlaces();
  places.confirm("r", 100);
  expect(places.behindFor(10, () => 110, 0)).toBe(0);
  expect(places.behindFor(10, () => 111, 5_000)).toBe(0);
  expect(places.behindFor(10, () => 150, 6_000)).toBe(1_000);
  places.confirm("r", 99);
  expect(places.behindFor(10, () => 150, 7_000)).toBe(2_000);
  places.confirm("r", 101);
  expect(places.behindFor(10, () => 150, 8_000)).toBe(0);
  expect(places.behindFor(10, () => 150, 9_000)).toBe(1_000);
  places.confirm("r", 145);
  expect(places.behindFor(10, () => 150, 9_500)).toBe(0);
  expect(places.behindFor(10, () => 1_000, 9_600)).toBe(0);
  places.forget("r");
  expect(places.behindFor(10, () => 1_000, 99_999)).toBe(0);
});
