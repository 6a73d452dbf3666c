import { describe, expect, test } from "vitest";
import type { MessageStore } from "../../src/write-behind/index.ts";
import { type BuildStore, edit, everything, message, page, react, seqs } from "./message-store-fixtures.ts";

export function describeStoreReading(build: BuildStore): void {
  describe("reading", () => {
    describeStoreRange(build);
    describeHighest(build);
    describeExpiry(build);
  });
}

async function ten(build: BuildStore): Promise<MessageStore> {
  const store = await build();
  await store.write(Array.from({ length: 10 }, (_, i) => message(i + 1)));
  return store;
}

function describeStoreRange(build: BuildStore): void {
  test("a range has what lies after one seq and before another, ascending", async () => {
    const store = await ten(build);
    expect(seqs(await page(store, { after: 7 }))).toEqual([8, 9, 10]);
    expect(seqs(await page(store, { after: 3, before: 7 }))).toEqual([4, 5, 6]);
    expect(seqs(await page(store, { after: 3, before: 7, keep: "newest" }))).toEqual([4, 5, 6]);
  });

  test("the limit keeps the oldest or the newest, ascending either way", async () => {
    const store = await ten(build);
    expect(seqs(await page(store, { limit: 3, keep: "oldest" }))).toEqual([1, 2, 3]);
    expect(seqs(await page(store, { limit: 3, keep: "newest" }))).toEqual([8, 9, 10]);
    expect(seqs(await page(store, { before: 6, limit: 2, keep: "newest" }))).toEqual([4, 5]);
    expect(seqs(await page(store, { after: 6, limit: 2, keep: "oldest" }))).toEqual([7, 8]);
  });

  test("a range ends with the entry that reaches the bytes, from either end, and has at least one", async () => {
    const store = await build();
    await store.write(Array.from({ length: 60 }, (_, i) => message(i + 1, { text: "x".repeat(1_000) })));
    expect(seqs(await page(store, { maxBytes: 1 }))).toEqual([1]);
    expect(seqs(await page(store, { maxBytes: 3_000 }))).toEqual([1, 2, 3]);
    expect(seqs(await page(store, { maxBytes: 3_000, keep: "newest", kinds: "shown" }))).toEqual([58, 59, 60]);
    expect(await page(store, { maxBytes: 1_000_000 })).toHaveLength(60);
  });

  test("what is shown are messages and system entries, and the limit counts only those", async () => {
    const store = await build();
    await store.write([message(1), edit(2, 1), message(3), react(4, 3), edit(5, 3), { ...message(6), kind: "system" }]);
    expect(seqs(await page(store, { kinds: "shown", limit: 2 }))).toEqual([1, 3]);
    expect(seqs(await page(store, { kinds: "shown", limit: 2, keep: "newest" }))).toEqual([3, 6]);
    expect(seqs(await page(store, { kinds: "all", limit: 2, keep: "newest" }))).toEqual([5, 6]);
  });

  test("a page has the changes folded in that lie outside of it", async () => {
    const store = await build();
    await store.write([message(1), message(2), edit(3, 1, "edited")]);
    expect(await page(store, { before: 2 })).toMatchObject([{ seq: 1, text: "edited" }]);
  });

  test("a range in which nothing lies is empty", async () => {
    const store = await ten(build);
    expect(await page(store, { after: 10 })).toEqual([]);
    expect(await page(store, { after: 4, before: 5 })).toEqual([]);
    expect(await page(store, { after: 8, before: 3 })).toEqual([]);
    expect(await page(store, {}, "nobody")).toEqual([]);
  });

  test("a place with many digits sorts after one with few", async () => {
    const store = await build();
    const places = [9, 10, 99, 100, 2 ** 31, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER];
    await store.write(places.toReversed().map((seq) => message(seq)));
    expect(seqs(await everything(store))).toEqual(places);
    expect(await store.highest("r")).toBe(Number.MAX_SAFE_INTEGER);
  });
}

function describeHighest(build: BuildStore): void {
  test("a room that has nothing ends at 0", async () => {
    const store = await ten(build);
    expect(await store.highest("nobody")).toBe(0);
  });

  test("the highest seq is that of the last entry in order, not in time", async () => {
    const store = await build();
    await store.write([message(9), message(4)]);
    await store.write([message(7)]);
    expect(await store.highest("r")).toBe(9);
  });
}

function describeExpiry(build: BuildStore): void {
  test("what is older goes, at most as many as asked, and the rest stays", async () => {
    const store = await ten(build);
    await store.write([message(1, { room: "other", at: 5_000 })]);
    expect(await store.expire(1_004, 2)).toBe(2);
    expect(await store.expire(1_004, 100)).toBe(1);
    expect(await store.expire(1_004, 100)).toBe(0);
    expect(seqs(await everything(store))).toEqual([4, 5, 6, 7, 8, 9, 10]);
    expect(seqs(await everything(store, "other"))).toEqual([1]);
  });

  test("of one room it goes from its beginning to the first that is not older, at most as many as asked; other rooms stay", async () => {
    const store = await ten(build);
    await store.write([message(1, { room: "other" }), message(11, { at: 1_001 })]);
    expect(await store.expire(1_005, 3, "r")).toBe(3);
    expect(await store.expire(1_005, 100, "r")).toBe(1);
    expect(await store.expire(1_005, 100, "r")).toBe(0);
    expect(await store.expire(1_005, 100, "nobody")).toBe(0);
    expect(seqs(await everything(store))).toEqual([5, 6, 7, 8, 9, 10, 11]);
    expect(seqs(await everything(store, "other"))).toEqual([1]);
    expect(await store.expire(9_999, 100, "r")).toBe(7);
    expect(await store.expire(9_999, 100, "r")).toBe(0);
    expect(await store.highest("r")).toBe(11);
  });

  test("rooms are named in order, from any of them on", async () => {
    const store = await build();
    const names = ["a", "a-b", "a/b", "a:b", "b", "team:7", "z"];
    for (const room of names.toReversed()) await store.write([message(1, { room }), message(2, { room })]);
    expect(await store.rooms("", 100)).toEqual(names);
    expect(await store.rooms("a-b", 3)).toEqual(["a/b", "a:b", "b"]);
    expect(await store.rooms("a.", 1)).toEqual(["a/b"]);
    expect(await store.rooms("z", 3)).toEqual([]);
    expect(await store.rooms("", 2)).toEqual(["a", "a-b"]);
  });

  test("a room of which all has expired still knows how far it got, and goes on from there", async () => {
    const store = await ten(build);
    expect(await store.expire(9_999, 100)).toBe(10);
    expect(await store.expire(9_999, 100)).toBe(0);
    expect((await everything(store)).filter(({ at }) => at > 0)).toEqual([]);
    expect(await page(store, { kinds: "shown" })).toEqual([]);
    expect(await store.highest("r")).toBe(10);
    await store.write([message(11, { at: 20_000 })]);
    expect(await store.highest("r")).toBe(11);
    expect((await everything(store)).at(-1)).toMatchObject({ seq: 11, text: "text 11" });
  });
}
