import { describe, expect, test } from "vitest";
import type { NewEntry } from "../../src/chat/entry.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import { type Build, fill, message, recorder, seqs, span } from "./message-log-fixtures.ts";

const everyField: NewEntry = {
  kind: "message",
  room: "r",
  id: "full",
  from: { id: "ada", name: 'Ada "L" \\ ✓' },
  text: "line one\nline two \u2028 \u0000 }{ 👩‍👩‍👧‍👦",
  replyTo: 1,
  mentions: ["bob", "c:d"],
  meta: { deep: { list: [1, 2.5, null, true], empty: {}, none: [] } },
};

export function describeAppending(build: Build): void {
  describe("appending", () => {
    describeSequence(build);
    describeDuplicates(build);
    describeOtherUses(build);
    describeOverload(build);
    describeBase(build);
  });
}

function describeSequence(build: Build): void {
  test("gives the entries of a room the seqs 1, 2, 3, of one epoch", async () => {
    const log = await build();
    const answers = [];
    for (const id of ["a", "b", "c"]) answers.push(await log.append(message("r", id)));
    expect(seqs(answers)).toEqual([1, 2, 3]);
    expect(new Set(answers.map((answer) => answer.epoch)).size).toBe(1);
    expect(answers[0]?.epoch).toMatch(/^[0-9]{1,16}$/);
    expect(answers.every((answer) => !answer.duplicate)).toBe(true);
  });

  test("gives every seq exactly once and skips none when many append at the same time", async () => {
    const log = await build();
    const answers = await Promise.all(span(1, 200).map((i) => log.append(message("r", `m${i}`))));
    expect(seqs(answers).sort((a, b) => a - b)).toEqual(span(1, 200));
  });

  test("counts each room for itself", async () => {
    const log = await build({ partitions: 3 });
    await fill(log, "team:a/x", 3);
    const other = await log.append(message("team:b/y", "m1"));
    expect(other.seq).toBe(1);
  });

  test("keeps every field of an entry as it was", async () => {
    const log = await build();
    const { epoch, seq, at } = await log.append(everyField);
    expect(await log.range("r", { after: 0, limit: 1 })).toEqual([{ ...everyField, epoch, seq, at }]);
  });

  test("keeps changes with their targets", async () => {
    const log = await build();
    const change: NewEntry = {
      kind: "reaction",
      room: "r",
      id: "x",
      from: { id: "b" },
      target: 1,
      emoji: "👍",
      on: true,
    };
    const { epoch, seq, at } = await log.append(change);
    expect(await log.range("r", { after: 0, limit: 1 })).toEqual([{ ...change, epoch, seq, at }]);
  });

  test("never lets the time fall within a room", async () => {
    const log = await build();
    await fill(log, "r", 30);
    const times = (await log.range("r", { after: 0, limit: 100 })).map((entry) => entry.at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
  });
}

function describeDuplicates(build: Build): void {
  test("a retry gets the first answer and stores and publishes nothing twice", async () => {
    const log = await build();
    const heard = recorder();
    await log.subscribe("r", heard);
    const first = await log.append(message("r", "once"));
    await fill(log, "r", 2);
    const again = await log.append(message("r", "once", { from: { id: "ada", name: "Renamed" } }));
    expect(again).toEqual({ ...first, duplicate: true });
    const last = await log.append(message("r", "last"));
    expect(last.seq).toBe(4);
    await expect.poll(() => seqs(heard.entries)).toEqual([1, 2, 3, 4]);
    expect(seqs(await log.range("r", { after: 0, limit: 10 }))).toEqual([1, 2, 3, 4]);
    expect(await log.depth(0)).toMatchObject({ entries: 4 });
  });

  test("of many retries at the same time one is stored and all get its answer", async () => {
    const log = await build();
    const answers = await Promise.all(span(1, 20).map(() => log.append(message("r", "once"))));
    expect(new Set(seqs(answers))).toEqual(new Set([1]));
    expect(answers.filter((answer) => !answer.duplicate)).toHaveLength(1);
  });

  test("the same id of another user or in another room is another message", async () => {
    const log = await build();
    await log.append(message("r", "one"));
    const other = await log.append(message("r", "one", { from: { id: "bob" } }));
    const elsewhere = await log.append(message("s", "one"));
    expect([other, elsewhere]).toMatchObject([
      { seq: 2, duplicate: false },
      { seq: 1, duplicate: false },
    ]);
  });

  test("users and ids whose names run together stay apart", async () => {
    const log = await build();
    await log.append(message("r", "c", { from: { id: "a:b" } }));
    const other = await log.append(message("r:b", "c", { from: { id: "a" } }));
    const third = await log.append(message("r", "b:c", { from: { id: "a" } }));
    expect([other.duplicate, third.duplicate]).toEqual([false, false]);
  });
}

/** Everything that makes an entry another one, and a delete and a reaction for the fields that a message has not. */
const otherUses: readonly (readonly [string, NewEntry, Partial<NewEntry>])[] = [
  ["text", everyField, { text: "another" }],
  ["replyTo", everyField, { replyTo: 2 }],
  ["mentions", everyField, { mentions: ["bob"] }],
  ["meta", everyField, { meta: { deep: { list: [1, 2.5, null, false], empty: {}, none: [] } } }],
  ["kind", everyField, { kind: "edit" }],
  ["target", deletion(1), { target: 2 }],
  ["emoji", reaction("👍", true), { emoji: "👎" }],
  ["on", reaction("👍", true), { on: false }],
];

function deletion(target: number): NewEntry {
  return { kind: "delete", room: "r", id: "d", from: { id: "ada" }, target };
}

function reaction(emoji: string, on: boolean): NewEntry {
  return { kind: "reaction", room: "r", id: "x", from: { id: "ada" }, target: 1, emoji, on };
}

function describeOtherUses(build: Build): void {
  test.each(otherUses)("an id that was used with another %s is a conflict, and nothing is written", async (...use) => {
    const [, entry, other] = use;
    const log = await build();
    const heard = recorder();
    await log.subscribe("r", heard);
    const first = await log.append(entry);
    await expect(log.append({ ...entry, ...other })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await log.append(entry)).toEqual({ ...first, duplicate: true });
    expect(await log.append(message("r", "last"))).toMatchObject({ seq: 2 });
    await expect.poll(() => seqs(heard.entries)).toEqual([1, 2]);
    expect(seqs(await log.range("r", { after: 0, limit: 10 }))).toEqual([1, 2]);
  });

  test("of two uses of an id at the same time one is appended and the other is a conflict", async () => {
    const log = await build();
    const both = await Promise.allSettled([
      log.append(message("r", "one", { text: "this" })),
      log.append(message("r", "one", { text: "that" })),
    ]);
    expect(both).toMatchObject([
      { status: "fulfilled", value: { seq: 1, duplicate: false } },
      { status: "rejected", reason: { code: "CONFLICT" } },
    ]);
    expect(await log.head("r")).toMatchObject({ seq: 1 });
  });

  test("the order of the keys in `meta` makes no other use", async () => {
    const log = await build();
    await log.append(message("r", "one", { meta: { a: 1, b: { c: 2, d: [3] } } }));
    const again = await log.append(message("r", "one", { meta: { b: { d: [3], c: 2 }, a: 1 } }));
    expect(again).toMatchObject({ seq: 1, duplicate: true });
  });
}

function describeOverload(build: Build): void {
  test("a buffer at its watermark refuses with a time to wait and writes nothing", async () => {
    const log = await build({ highWatermark: 10 });
    const heard = recorder();
    await log.subscribe("r", heard);
    await fill(log, "r", 10);
    const refusal = await log.append(message("r", "late")).catch((error: unknown) => error);
    if (!(refusal instanceof ChatError)) throw new Error("not refused", { cause: refusal });
    expect(refusal.code).toBe("OVERLOADED");
    expect(refusal.retryAfterMs).toBeGreaterThan(0);
    expect(await log.head("r")).toMatchObject({ seq: 10 });
    expect(await log.depth(0)).toMatchObject({ entries: 10 });
    await expect.poll(() => heard.entries.length).toBe(10);
  });

  test("it reopens at 80 % of the watermark, and no seq was skipped", async () => {
    const log = await build({ highWatermark: 10 });
    await fill(log, "r", 10);
    await expect(log.append(message("r", "late"))).rejects.toMatchObject({ code: "OVERLOADED" });
    const trimTo = async (seq: number): Promise<boolean> => {
      const upTo = (await log.read(0, 100)).find(({ entry }) => entry?.seq === seq)?.cursor ?? "";
      return log.trim({ partition: 0, token: 1, upTo, rooms: [{ room: "r", seq }] });
    };
    await trimTo(1);
    await expect(log.append(message("r", "late"))).rejects.toMatchObject({ code: "OVERLOADED" });
    await trimTo(2);
    expect(await log.append(message("r", "late"))).toMatchObject({ seq: 11, duplicate: false });
  });

  test("a retry of what was stored is answered also while overloaded", async () => {
    const log = await build({ highWatermark: 3 });
    await fill(log, "r", 3);
    expect(await log.append(message("r", "m2"))).toMatchObject({ seq: 2, duplicate: true });
  });

  test("an overloaded partition leaves the others open", async () => {
    const log = await build({ highWatermark: 3, partitions: 2 });
    await fill(log, "a", 3);
    await expect(log.append(message("a", "late"))).rejects.toMatchObject({ code: "OVERLOADED" });
    expect(await log.append(message("b", "m1"))).toMatchObject({ seq: 1 });
  });
}

function describeBase(build: Build): void {
  test("a room that only the store knows goes on after what is stored", async () => {
    const log = await build({ highestStored: (room) => Promise.resolve(room === "old" ? 41 : 0) });
    expect(await log.append(message("old", "m1"))).toMatchObject({ seq: 42 });
    expect(await log.append(message("old", "m2"))).toMatchObject({ seq: 43 });
    expect(await log.append(message("new", "m1"))).toMatchObject({ seq: 1 });
  });

  test("many first appends to such a room at the same time agree on its base", async () => {
    const log = await build({ highestStored: () => Promise.resolve(41) });
    const answers = await Promise.all(span(1, 50).map((i) => log.append(message("old", `m${i}`))));
    expect(seqs(answers).sort((a, b) => a - b)).toEqual(span(42, 91));
  });

  test("while the store can't say how far the room got, nothing is appended", async () => {
    let down = true;
    const log = await build({
      highestStored: () => (down ? Promise.reject(new ChatError("UNAVAILABLE", "store is down")) : Promise.resolve(7)),
    });
    await expect(log.append(message("old", "m1"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await log.depth(0)).toMatchObject({ entries: 0 });
    down = false;
    expect(await log.append(message("old", "m1"))).toMatchObject({ seq: 8, duplicate: false });
  });
}
