import { describe, expect, test } from "vitest";
import type { Entry } from "../../src/chat/entry.ts";
import { type BuildStore, edit, everything, message, react, remove, seqs } from "./message-store-fixtures.ts";

const everyField = message(3, {
  text: 'line one\nline two \u2028 \u0000 }{ "quoted" \\ 👩‍👩‍👧‍👦',
  replyTo: 1,
  mentions: ["bob", "c:d", "$e.f"],
  meta: { $gt: "", "a.b": { $set: [1, 2.5, null, true] }, ["__proto__"]: { x: 1 }, "": 0, empty: {}, none: [] },
});

export function describeWriting(build: BuildStore): void {
  describe("writing", () => {
    describeKeeping(build);
    describeRepetition(build);
    describeRefusals(build);
  });
}

function describeKeeping(build: BuildStore): void {
  test("keeps every field of every kind as it was", async () => {
    const store = await build();
    const system: Entry = {
      kind: "system",
      room: "r",
      epoch: "7",
      seq: 2,
      id: "s",
      from: { id: "" },
      at: 5,
      text: "hi",
    };
    const entries = [message(1), system, everyField, edit(4, 99), remove(5, 99), react(6, 99, { on: false })];
    expect(await store.write(entries)).toEqual([]);
    expect(await everything(store)).toEqual(entries);
  });

  test("takes an empty batch", async () => {
    const store = await build();
    expect(await store.write([])).toEqual([]);
  });

  test("takes a batch of a thousand entries", async () => {
    const store = await build();
    const entries = Array.from({ length: 1_000 }, (_, i) => message(i + 1));
    expect(await store.write(entries)).toEqual([]);
    expect(await everything(store)).toEqual(entries);
  });

  test("keeps rooms apart whose names run together", async () => {
    const store = await build();
    const rooms = ["a", "a:1", "a/1", "a-1", "a.1", "a~", "a@", "a_", "A", "a0000000000000001"];
    await store.write(rooms.flatMap((room) => [message(1, { room, id: `in-${room}` }), message(2, { room })]));
    for (const room of rooms) {
      expect((await everything(store, room)).map(({ id, seq }) => ({ id, seq }))).toEqual([
        { id: `in-${room}`, seq: 1 },
        { id: "m2", seq: 2 },
      ]);
    }
  });

  test("takes the entries of a room in any order, within a batch and across batches", async () => {
    const store = await build();
    await store.write([message(5), message(2)]);
    await store.write([message(4), message(1), message(3)]);
    expect(await everything(store)).toEqual([1, 2, 3, 4, 5].map((seq) => message(seq)));
  });
}

function describeRepetition(build: BuildStore): void {
  test("the same batch again is a success and changes nothing", async () => {
    const store = await build();
    const batch = [message(1), edit(2, 1), message(3), react(4, 3)];
    await store.write(batch);
    const before = await everything(store);
    expect(await store.write(batch)).toEqual([]);
    expect(await everything(store)).toEqual(before);
  });

  test("a batch of which a part was stored before stores the rest", async () => {
    const store = await build();
    await store.write([message(2), message(3)]);
    expect(await store.write([message(1), message(2), message(3), message(4)])).toEqual([]);
    expect(seqs(await everything(store))).toEqual([1, 2, 3, 4]);
  });

  test("an entry twice in one batch is stored once", async () => {
    const store = await build();
    expect(await store.write([message(1), message(2), message(1)])).toEqual([]);
    expect(seqs(await everything(store))).toEqual([1, 2]);
  });

  test("two writers of the same batch at the same time store it once", async () => {
    const store = await build();
    const batch = [message(1), message(2), edit(3, 1), react(4, 2), remove(5, 2)];
    expect(await Promise.all([store.write(batch), store.write(batch)])).toEqual([[], []]);
    expect(seqs(await everything(store))).toEqual([1, 2, 3, 4, 5]);
  });
}

function describeRefusals(build: BuildStore): void {
  test("another message at a taken place is refused as a conflict and never overwrites, the rest is stored", async () => {
    const store = await build();
    await store.write([message(1), message(2)]);
    const other = message(2, { id: "other", text: "forked" });
    expect(await store.write([other, message(3)])).toMatchObject([{ entry: other, reason: "conflict" }]);
    expect(await everything(store)).toEqual([message(1), message(2), message(3)]);
  });

  test("the same id of another sender is another message", async () => {
    const store = await build();
    await store.write([message(1)]);
    const other = message(1, { from: { id: "bob" } });
    expect(await store.write([other])).toMatchObject([{ entry: other, reason: "conflict" }]);
    expect(await everything(store)).toEqual([message(1)]);
  });

  test("of two messages for one place in one batch one is stored and the other refused", async () => {
    const store = await build();
    const batch = [message(1, { id: "a" }), message(1, { id: "b" }), message(2)];
    const refused = await store.write(batch);
    expect(refused).toMatchObject([{ reason: "conflict" }]);
    const [first, second] = await everything(store);
    expect(new Set([first?.id, refused[0]?.entry.id])).toEqual(new Set(["a", "b"]));
    expect(second).toEqual(message(2));
  });

  test("a change that is refused changes nothing", async () => {
    const store = await build();
    await store.write([message(1), message(2)]);
    for (const forked of [edit(2, 1), remove(2, 1), react(2, 1)]) {
      expect(await store.write([forked])).toMatchObject([{ entry: forked, reason: "conflict" }]);
    }
    expect(await everything(store)).toEqual([message(1), message(2)]);
  });

  test.each([
    ["of a room that is none", message(2, { room: "no room#" })],
    ["at a place that is none", message(1.5)],
    ["at place 0", message(0)],
    ["of a size that no store takes", message(2, { text: "x".repeat(17 * 1_024 * 1_024) })],
  ])("an entry %s is refused as invalid, the rest is stored", async (_, bad) => {
    const store = await build();
    expect(await store.write([message(1), bad, message(3)])).toMatchObject([{ entry: bad, reason: "invalid" }]);
    expect(await everything(store)).toEqual([message(1), message(3)]);
  });
}
