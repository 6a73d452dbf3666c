import fc from "fast-check";
import { expect, test } from "vitest";
import { createFrameReader, readFrame } from "../../../src/adapters/socketio/outbound-frame.ts";
import { createGateRig, event, messages } from "./gate-rig.ts";

test("whatever a client takes and when, a room reaches it in order, and nothing is missing without a notice from where on", async () => {
  const act = fc.oneof(
    fc.record({
      kind: fc.constant("send" as const),
      room: fc.constantFrom("r", "s"),
      count: fc.integer({ min: 1, max: 8 }),
    }),
    fc.record({
      kind: fc.constantFrom("stall" as const, "resume" as const, "step" as const, "typing" as const, "answer" as const),
    }),
    fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 6_000 }) }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(act, { maxLength: 120 }), async (acts) => {
      const { pipe, clock, cuts } = createGateRig({ stuckMs: 10_000_000 });
      const next: Record<string, number> = { r: 1, s: 1 };
      let answers = 0;
      for (const one of acts) {
        if (one.kind === "send") {
          const first = next[one.room] ?? 1;
          next[one.room] = first + one.count;
          pipe.write(messages(one.room, first, one.count, "x".repeat(300)));
        } else if (one.kind === "wait") await clock.advance(one.ms);
        else if (one.kind === "typing") pipe.write(event("typing", { room: "r" }));
        else if (one.kind === "answer") pipe.write(`3/chat,${answers++}[{}]`);
        else pipe[one.kind]();
        expect(pipe.given).toBeLessThanOrEqual(64);
      }
      pipe.resume();
      expect(cuts).toEqual([]);
      expect(pipe.received.filter((data) => data.startsWith("3"))).toEqual(
        Array.from({ length: answers }, (_, i) => `3/chat,${i}[{}]`),
      );
      for (const room of ["r", "s"]) {
        const { at, lost } = follow(pipe.received, room);
        expect(lost || at === next[room]).toBe(true);
      }
    }),
    { numRuns: 200 },
  );
});

/** Where a notice tells the client to go on after. */
function placeIn(notice: string): number {
  const [, seq = ""] = /"from":\{"epoch":"1","seq":(\d+)\}/.exec(notice) ?? [];
  return Number(seq);
}

/** Reads as a client would: fails on a repeat, or on a hole without a notice. */
function follow(received: readonly string[], room: string): { readonly at: number; readonly lost: boolean } {
  let at = 1;
  let lost = false;
  for (const data of received) {
    const frame = readFrame(data);
    if (frame.room !== room) continue;
    if (frame.event === "room:resync") {
      if (!lost) expect(placeIn(data)).toBe(at - 1);
      lost = true;
    }
    if (frame.before === undefined) continue;
    const first = frame.before.seq + 1;
    if (lost) expect(first).toBeGreaterThanOrEqual(at);
    else expect(first).toBe(at);
    lost = false;
    at = first + frame.messages;
  }
  return { at, lost };
}

test("frames are read for what a full queue has to know; what is unknown is kept", () => {
  const before = { epoch: "1", seq: 6 };
  expect(readFrame(messages("r", 7, 3))).toEqual({
    kind: "durable",
    event: "messages",
    room: "r",
    messages: 3,
    before,
    superseded: [],
  });
  expect(readFrame(event("typing", { room: "r" }))).toMatchObject({ kind: "ephemeral", room: "r" });
  expect(readFrame(event("room:resync", { room: "r" }))).toMatchObject({ kind: "kept", room: "r" });
  for (const data of ["3/chat,1[{}]", '0/chat,{"sid":"a"}', '2["messages",{}]', "", undefined, Buffer.from("x")])
    expect(readFrame(data)).toMatchObject({ kind: "kept", room: undefined });
  const read = createFrameReader();
  expect(read(messages("r", 1))).toBe(read(messages("r", 1)));
});
