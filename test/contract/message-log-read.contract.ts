import { describe, expect, test } from "vitest";
import type { NewEntry } from "../../src/chat/entry.ts";
import { type Build, fill, message, seqs, span } from "./message-log-fixtures.ts";

export function describeReading(build: Build): void {
  describe("reading", () => {
    describeHead(build);
    describeRange(build);
    describeChanges(build);
  });
}

function describeHead(build: Build): void {
  test("a room nobody wrote to ends at 0", async () => {
    const log = await build();
    expect(await log.head("r")).toMatchObject({ seq: 0, storedSeq: 0 });
  });

  test("the head is the place of the last entry", async () => {
    const log = await build();
    await fill(log, "r", 3);
    const { epoch, seq } = await log.append(message("r", "last"));
    expect(await log.head("r")).toEqual({ epoch, seq, storedSeq: 0 });
  });

  test("the head of a room that nobody wrote to has the epoch that its first entry gets", async () => {
    const log = await build();
    const before = await log.head("r");
    const first = await log.append(message("r", "m1"));
    expect(before.epoch).toBe(first.epoch);
  });

  test("a room that only the store knows ends where the store ends", async () => {
    const log = await build({ highestStored: () => Promise.resolve(41) });
    expect(await log.head("old")).toMatchObject({ seq: 41, storedSeq: 41 });
    await log.append(message("old", "m1"));
    expect(await log.head("old")).toMatchObject({ seq: 42, storedSeq: 41 });
  });
}

function describeChanges(build: Build): void {
  const change = (kind: "edit" | "delete" | "reaction", id: string, target: number): NewEntry => {
    return {
      kind,
      room: "r",
      id,
      from: { id: "ada" },
      target,
      ...(kind === "edit" ? { text: '"kind":"message"' } : {}),
    };
  };

  test("changes are the edits, deletes and reactions after a seq about messages before another, ascending", async () => {
    const log = await build();
    await fill(log, "r", 3);
    await log.append(message("r", "like", { meta: { kind: "edit", target: 1 }, text: '{"kind":"edit","target":1}' }));
    await log.append(change("edit", "e", 1));
    await log.append(change("reaction", "x", 2));
    await log.append(change("delete", "d", 3));
    const read = async (after: number, targetsBefore: number): Promise<number[]> =>
      seqs(await log.changes("r", { after, targetsBefore }));
    expect(await read(0, Infinity)).toEqual([5, 6, 7]);
    expect(await read(5, Infinity)).toEqual([6, 7]);
    expect(await read(0, 3)).toEqual([5, 6]);
    expect(await log.changes("nobody", { after: 0, targetsBefore: Infinity })).toEqual([]);
  });

  test("of more than 2,000 changes the newest are read", async () => {
    const log = await build({ highWatermark: 10_000 });
    await fill(log, "r", 1);
    for (let first = 1; first <= 2_050; first += 205) {
      await Promise.all(span(first, first + 204).map((i) => log.append(change("reaction", `x${i}`, 1))));
    }
    expect(seqs(await log.changes("r", { after: 0, targetsBefore: Infinity }))).toEqual(span(52, 2_051));
  });
}

function describeRange(build: Build): void {
  test("a range has the entries after one seq and before another, ascending", async () => {
    const log = await build();
    await fill(log, "r", 10);
    expect(seqs(await log.range("r", { after: 3, limit: 100 }))).toEqual(span(4, 10));
    expect(seqs(await log.range("r", { after: 3, before: 7, limit: 100 }))).toEqual([4, 5, 6]);
  });

  test("the limit keeps the oldest unless told to keep the newest, ascending either way", async () => {
    const log = await build();
    await fill(log, "r", 10);
    expect(seqs(await log.range("r", { after: 0, limit: 3 }))).toEqual([1, 2, 3]);
    expect(seqs(await log.range("r", { after: 0, limit: 3, keep: "oldest" }))).toEqual([1, 2, 3]);
    expect(seqs(await log.range("r", { after: 0, limit: 3, keep: "newest" }))).toEqual([8, 9, 10]);
    expect(seqs(await log.range("r", { after: 0, before: 6, limit: 2, keep: "newest" }))).toEqual([4, 5]);
  });

  test("a range ends with the entry that reaches the bytes, from either end, and has at least one", async () => {
    const log = await build();
    for (let i = 1; i <= 150; i++) await log.append(message("r", `m${i}`, { text: "x".repeat(1_000) }));
    await log.append({ kind: "edit", room: "r", id: "e", from: { id: "ada" }, target: 2, text: "y".repeat(1_000) });
    const read = async (query: object): Promise<number[]> =>
      seqs(await log.range("r", { after: 0, limit: 200, ...query }));
    expect(await read({ maxBytes: 1 })).toEqual([1]);
    expect(await read({ maxBytes: 3_000 })).toEqual([1, 2, 3]);
    expect(await read({ maxBytes: 3_000, keep: "newest" })).toEqual([149, 150, 151]);
    expect(await read({ maxBytes: 1_000_000 })).toEqual(span(1, 151));
    expect(await read({ maxBytes: 1_000_000, keep: "newest" })).toEqual(span(1, 151));
    expect((await read({ maxBytes: 110_000 })).length).toBeLessThan(105);
  });

  test("a range in which nothing lies is empty", async () => {
    const log = await build();
    await fill(log, "r", 3);
    expect(await log.range("r", { after: 3, limit: 10 })).toEqual([]);
    expect(await log.range("r", { after: 1, before: 2, limit: 10 })).toEqual([]);
    expect(await log.range("r", { after: 5, before: 2, limit: 10 })).toEqual([]);
    expect(await log.range("nobody", { after: 0, limit: 10 })).toEqual([]);
  });

  test("it has the entries as they were appended, in their places", async () => {
    const log = await build();
    const { epoch, seq, at } = await log.append(message("r", "m1"));
    expect(await log.range("r", { after: 0, limit: 10 })).toEqual([{ ...message("r", "m1"), epoch, seq, at }]);
  });

  test("a room whose base came from the store has only what was appended since", async () => {
    const log = await build({ highestStored: () => Promise.resolve(41) });
    await fill(log, "old", 2);
    expect(seqs(await log.range("old", { after: 0, limit: 100 }))).toEqual([42, 43]);
  });
}
