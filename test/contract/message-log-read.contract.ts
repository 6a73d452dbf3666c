import { describe, expect, test } from "vitest";
import { type Build, fill, message, seqs, span } from "./message-log-fixtures.ts";

export function describeReading(build: Build): void {
  describe("reading", () => {
    describeHead(build);
    describeRange(build);
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
