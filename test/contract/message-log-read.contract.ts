import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Scanned } from "../../src/write-behind/index.ts";
import { type Build, change, fill, message, seqs, span } from "./message-log-fixtures.ts";

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
  test("changes are the latest edit, the delete and the reactions of the messages that are asked for, ascending", async () => {
    const log = await build();
    await fill(log, "r", 3);
    await log.append(message("r", "like", { meta: { kind: "edit", target: 1 }, text: '{"kind":"edit","target":1}' }));
    await log.append(change("edit", "e", { target: 1 }));
    await log.append(change("reaction", "x", { target: 2 }));
    await log.append(change("delete", "d", { target: 3 }));
    await log.append(change("reaction", "y", { target: 1 }));
    await log.append(change("reaction", "z", { target: 2 }));
    const read = async (targets: readonly number[], after?: number): Promise<number[] | undefined> => {
      const found = await log.changes("r", { targets, ...(after === undefined ? {} : { after }) });
      return found && seqs(found);
    };
    expect(await read([1, 2, 3, 4])).toEqual([5, 6, 7, 8, 9]);
    expect(await read([1])).toEqual([5, 8]);
    expect(await read([2, 4])).toEqual([6, 9]);
    expect(await read([1, 2], 5)).toEqual([6, 8, 9]);
    expect(await log.changes("nobody", { targets: [1] })).toEqual([]);
  });

  test("of more than 2,000 changes of a message the newest are read", async () => {
    const log = await build({ highWatermark: 10_000 });
    await fill(log, "r", 1);
    for (let first = 1; first <= 2_050; first += 205) {
      await Promise.all(span(first, first + 204).map((i) => log.append(change("reaction", `x${i}`, { target: 1 }))));
    }
    expect(seqs((await log.changes("r", { targets: [1], after: 0 })) ?? [])).toEqual(span(52, 2_051));
  });

  test("changes that were stored since the caller read are gone once the log has let go of them", async () => {
    const log = await build({ tail: 0 });
    await fill(log, "r", 1);
    await log.append(change("reaction", "x", { target: 1 }));
    await log.append(change("reaction", "y", { target: 1 }));
    const [, second] = await log.read(0, 2);
    await log.raiseFence(0, 1);
    expect(seqs((await log.changes("r", { targets: [1], after: 0 })) ?? [])).toEqual([2, 3]);
    await log.trim({ partition: 0, token: 1, upTo: second?.cursor ?? "", rooms: [{ room: "r", seq: 2 }] });
    expect(await log.changes("r", { targets: [1], after: 0 })).toBeUndefined();
    expect(seqs((await log.changes("r", { targets: [1], after: 2 })) ?? [])).toEqual([3]);
    expect(seqs((await log.changes("r", { targets: [1] })) ?? [])).toEqual([3]);
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

  test("a scan has the places of a range: its messages, and of each change that it is one", async () => {
    const log = await build();
    const from = { id: "ada" };
    const sent = fc.constant({ kind: "message" as const, text: "text" });
    const target = fc.integer({ min: 1, max: 4 });
    const anyChange = fc.oneof(
      fc.record({ kind: fc.constant("edit" as const), target, text: fc.constantFrom("a", '"kind":"message"') }),
      fc.record({ kind: fc.constant("delete" as const), target }),
      fc.record({ kind: fc.constant("reaction" as const), target, emoji: fc.constant("+"), on: fc.boolean() }),
    );
    const bound = fc.option(fc.nat(12), { nil: undefined });
    const query = fc.record(
      {
        after: fc.nat(8),
        before: bound,
        limit: fc.integer({ min: 1, max: 9 }),
        keep: fc.constantFrom("oldest", "newest"),
      },
      { requiredKeys: ["after", "limit"] },
    );
    let rooms = 0;
    const editedAndDeleted = [
      { kind: "message", text: "text" },
      { kind: "edit", target: 1, text: "a" },
      { kind: "delete", target: 1 },
    ] as const;
    const entries = fc.array(fc.oneof(sent, anyChange), { minLength: 4, maxLength: 12 });
    const places = (found: readonly Scanned[]): unknown[] =>
      found.map((one) => (["edit", "delete", "reaction", "change"].includes(one.kind) ? one.seq : one));
    await fc.assert(
      fc.asyncProperty(entries, fc.array(query, { minLength: 1, maxLength: 5 }), async (given, queries) => {
        const room = `scanned-${rooms++}`;
        for (const [i, entry] of given.entries()) await log.append({ room, id: `m${i}`, from, ...entry });
        for (const { before, ...rest } of queries) {
          const one = { ...rest, ...(before === undefined ? {} : { before }), entries: 100 };
          expect(places(await log.scan(room, one))).toEqual(places(await log.range(room, one)));
          expect((await log.scan(room, one)).every(({ kind }) => ["message", "change"].includes(kind))).toBe(true);
        }
      }),
      { numRuns: 100, examples: [[[...editedAndDeleted], [{ after: 0, limit: 9 }]]] },
    );
  });

  test("a scan ends with the entry that reaches the bytes, and changes take none", async () => {
    const log = await build();
    await fill(log, "r", 2);
    for (const id of ["a", "b", "c"]) {
      await log.append({ kind: "edit", room: "r", id, from: { id: "ada" }, target: 2, text: "x".repeat(1_000) });
    }
    await fill(log, "r", 3, "n");
    const read = async (keep: "oldest" | "newest"): Promise<number[]> =>
      (await log.scan("r", { after: 0, limit: 100, keep, maxBytes: 1_100, entries: 100 })).map(({ seq }) => seq);
    expect(await read("newest")).toEqual(span(2, 8));
    expect(await read("oldest")).toEqual([1, 2]);
  });

  test("a scan ends with as many entries as are wanted, however many changes lie between", async () => {
    const log = await build();
    await fill(log, "r", 2);
    for (const id of ["a", "b", "c"]) await log.append(message("r", id, { kind: "reaction", target: 1 }));
    await fill(log, "r", 3, "n");
    const read = async (keep: "oldest" | "newest", entries: number): Promise<number[]> =>
      (await log.scan("r", { after: 0, limit: 100, keep, entries })).map(({ seq }) => seq);
    expect(await read("newest", 4)).toEqual(span(2, 8));
    expect(await read("newest", 2)).toEqual([7, 8]);
    expect(await read("oldest", 3)).toEqual(span(1, 6));
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
