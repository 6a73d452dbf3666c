import fc from "fast-check";
import { expect, test } from "vitest";
import type { Entry } from "../../../src/chat/entry.ts";
import { sendAfter } from "../../../src/gateway/batch-window.ts";
import { defaultGatewayLimits } from "../../../src/gateway/gateway-limits.ts";
import { RoomOutbox } from "../../../src/gateway/room-outbox.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createRig } from "./gateway-rig.ts";

const rules = { quietMs: 10, windowMs: 8, windowEntries: 5, windowChars: 100 };

function setUp() {
  const clock = new ManualClock();
  const frames: number[][] = [];
  const stored: number[] = [];
  const sendEntries = (entries: readonly Entry[]): void => void frames.push(entries.map(({ seq }) => seq));
  const outbox = new RoomOutbox({ rules, clock, sendEntries, sendStored: (seq) => void stored.push(seq) });
  const push = (seq: number, text = "x"): void =>
    outbox.push([{ kind: "message", room: "r", epoch: "1", seq, id: `${seq}`, from: { id: "a" }, at: 0, text }]);
  return { clock, frames, stored, outbox, push };
}

test("a quiet room sends at once; a busy one gathers for the window, or until the frame is full", () => {
  const state = { entries: 1, chars: 1, lastSentAt: undefined };
  expect(sendAfter(rules, state, 100)).toBe(0);
  expect(sendAfter(rules, { ...state, lastSentAt: 90 }, 100)).toBe(0);
  expect(sendAfter(rules, { ...state, lastSentAt: 91 }, 100)).toBe(8);
  expect(sendAfter(rules, { ...state, lastSentAt: 91, entries: 5 }, 100)).toBe(0);
  expect(sendAfter(rules, { ...state, lastSentAt: 91, chars: 100 }, 100)).toBe(0);
});

test("ten messages that come together go out in few frames, in order, none later than the window", async () => {
  const { clock, frames, push } = setUp();
  for (let seq = 1; seq <= 10; seq++) push(seq);
  expect(frames).toEqual([[1], [2, 3, 4, 5, 6]]);
  await clock.advance(8);
  expect(frames).toEqual([[1], [2, 3, 4, 5, 6], [7, 8, 9, 10]]);
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

test("the stored mark is told at most once a window, after the entries that it covers", async () => {
  const { clock, frames, stored, outbox, push } = setUp();
  push(1);
  for (let seq = 1; seq <= 5; seq++) outbox.stored(seq);
  push(2);
  expect([frames, stored]).toEqual([[[1]], []]);
  await clock.advance(8);
  expect([frames, stored]).toEqual([[[1], [2]], [5]]);
  outbox.stored(4);
  await clock.advance(20);
  expect(stored).toEqual([5]);
});

test("members hear of what is stored", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  await rig.append("r", "m1");
  await rig.flush();
  await rig.clock.advance(20);
  expect(alice.pushes.map(({ event }) => event)).toEqual(["messages", "stored"]);
  expect(alice.pushes.at(-1)?.payload).toEqual({ room: "r", seq: 1 });
});

test("after an interruption of the feed, what was published meanwhile is fetched", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  const subscribe = rig.log.subscribe.bind(rig.log);
  await rig.log.unsubscribe("r");
  for (let i = 1; i <= 300; i++) await rig.append("r", `m${i}`);
  rig.log.subscribe = subscribe;
  rig.log.interrupt();
  await rig.clock.advance(100);
  expect(alice.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  expect(alice.pushes.every(({ event }) => event === "messages")).toBe(true);
});

test("a room that can't be subscribed refuses the join and is tried anew by the next", async () => {
  const rig = createRig();
  const subscribe = rig.log.subscribe.bind(rig.log);
  rig.log.subscribe = () => Promise.reject(new Error("away"));
  const alice = rig.open("alice");
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ ok: false });
  rig.log.subscribe = subscribe;
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ ok: true });
  expect(rig.gateway.activeRooms()).toEqual(["r"]);
});

test("the default limits are those of the documents", () => {
  expect(defaultGatewayLimits).toMatchObject({
    userRate: { ratePerSecond: 5, burst: 20 },
    roomRate: { ratePerSecond: 50 },
    joinRate: { ratePerSecond: 10 },
    roomsPerConnection: 200,
    storeReads: 32,
  });
});
