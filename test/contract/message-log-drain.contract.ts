import { describe, expect, test } from "vitest";
import { partitionOf } from "../../src/chat/room.ts";
import { type MessageLog, maxDeadLetters } from "../../src/write-behind/index.ts";
import { type Build, fill, message, recorder, seqs, span } from "./message-log-fixtures.ts";

export function describeDraining(build: Build): void {
  describe("draining", () => {
    describeBuffer(build);
    describeTrim(build);
    describeFence(build);
    describeDeadLetters(build);
  });
}

/** Trims the first `count` entries of partition 0, in which all are of room `r` and start at seq 1. */
async function trimFirst(log: MessageLog, count: number, token = 1): Promise<boolean> {
  const read = await log.read(0, 1_000);
  const { cursor = "", entry } = read[count - 1] ?? {};
  return log.trim({ partition: 0, token, upTo: cursor, rooms: [{ room: "r", seq: entry?.seq ?? 0 }] });
}

async function buffered(log: MessageLog, partition = 0): Promise<number[]> {
  return (await log.read(partition, 1_000)).map(({ entry }) => entry?.seq ?? -1);
}

function describeBuffer(build: Build): void {
  test("the buffer has the oldest entries first, and reading does not remove them", async () => {
    const log = await build();
    await fill(log, "r", 5);
    const once = await log.read(0, 3);
    expect(once.map(({ entry }) => entry?.seq)).toEqual([1, 2, 3]);
    expect(await log.read(0, 3)).toEqual(once);
    expect(await buffered(log)).toEqual(span(1, 5));
  });

  test("each buffered entry is the appended one with its size, time and bytes", async () => {
    const log = await build();
    const { epoch, seq, at } = await log.append(message("r", "m1"));
    const [one] = await log.read(0, 10);
    expect(one).toMatchObject({ at, entry: { ...message("r", "m1"), epoch, seq, at } });
    expect(JSON.parse(one?.raw ?? "")).toEqual(one?.entry);
    expect(one?.bytes).toBe(Buffer.byteLength(one?.raw ?? ""));
  });

  test("every entry lies in the buffer of its room's partition", async () => {
    const log = await build({ partitions: 4 });
    expect(log.partitions).toBe(4);
    const rooms = span(1, 20).map((i) => `room-${i}`);
    await Promise.all(rooms.map((room) => fill(log, room, 1)));
    for (let partition = 0; partition < 4; partition++) {
      const here = (await log.read(partition, 100)).map(({ entry }) => entry?.room ?? "").sort();
      expect(here).toEqual(rooms.filter((room) => partitionOf(room, 4) === partition).sort());
    }
  });

  test("a read with nothing buffered is empty and has no age", async () => {
    const log = await build();
    expect(await log.read(0, 10)).toEqual([]);
    expect(await log.depth(0)).toEqual({ entries: 0, oldestAgeMs: 0 });
  });

  test("the depth counts what is buffered, and the age of the oldest grows until it is trimmed", async () => {
    const log = await build();
    await fill(log, "r", 3);
    expect(await log.depth(0)).toMatchObject({ entries: 3 });
    await expect.poll(async () => (await log.depth(0)).oldestAgeMs).toBeGreaterThan(5);
    await trimFirst(log, 3);
    expect(await log.depth(0)).toEqual({ entries: 0, oldestAgeMs: 0 });
  });
}

function describeTrim(build: Build): void {
  test("a trim removes the prefix and nothing else", async () => {
    const log = await build();
    await fill(log, "r", 5);
    expect(await trimFirst(log, 2)).toBe(true);
    expect(await buffered(log)).toEqual([3, 4, 5]);
    expect(await log.depth(0)).toMatchObject({ entries: 3 });
  });

  test("the same trim again changes nothing", async () => {
    const log = await build();
    const heard = recorder();
    await fill(log, "r", 5);
    await log.subscribe("r", heard);
    const upTo = (await log.read(0, 2)).at(-1)?.cursor ?? "";
    const trim = { partition: 0, token: 1, upTo, rooms: [{ room: "r", seq: 2 }] };
    expect(await log.trim(trim)).toBe(true);
    expect(await log.trim(trim)).toBe(true);
    expect(await buffered(log)).toEqual([3, 4, 5]);
    expect(await log.head("r")).toMatchObject({ seq: 5, storedSeq: 2 });
  });

  test("the head says how far the store is, and never goes back", async () => {
    const log = await build();
    await fill(log, "r", 5);
    await trimFirst(log, 4);
    expect(await log.head("r")).toMatchObject({ seq: 5, storedSeq: 4 });
    const upTo = (await log.read(0, 1)).at(-1)?.cursor ?? "";
    await log.trim({ partition: 0, token: 1, upTo, rooms: [{ room: "r", seq: 2 }] });
    expect(await log.head("r")).toMatchObject({ seq: 5, storedSeq: 4 });
  });

  test("the room's log keeps everything that is not stored, and a tail of what is", async () => {
    const log = await build({ tail: 5 });
    await fill(log, "r", 20);
    await trimFirst(log, 8);
    const kept = seqs(await log.range("r", { after: 0, limit: 100 }));
    expect(kept).toEqual(expect.arrayContaining(span(9, 20)));
    expect(kept).toEqual(span(kept[0] ?? 0, 20));
    await trimFirst(log, 12);
    expect(seqs(await log.range("r", { after: 0, limit: 100 }))).toEqual(span(16, 20));
  });

  test("a room that is stored to the end goes on where it was", async () => {
    const log = await build({ tail: 2 });
    await fill(log, "r", 4);
    await trimFirst(log, 4);
    expect(await log.head("r")).toMatchObject({ seq: 4, storedSeq: 4 });
    expect(await log.append(message("r", "next"))).toMatchObject({ seq: 5 });
    expect(await log.append(message("r", "m2"))).toMatchObject({ seq: 2, duplicate: true });
  });

  test("a trim of many rooms marks each of them", async () => {
    const log = await build();
    const rooms = span(1, 300).map((i) => `room-${i}`);
    await Promise.all(rooms.map((room) => fill(log, room, 2)));
    const upTo = (await log.read(0, 1_000)).at(-1)?.cursor ?? "";
    await log.trim({ partition: 0, token: 1, upTo, rooms: rooms.map((room) => ({ room, seq: 2 })) });
    const heads = await Promise.all(rooms.map((room) => log.head(room)));
    expect(new Set(heads.map((head) => head.storedSeq))).toEqual(new Set([2]));
    expect(await log.depth(0)).toMatchObject({ entries: 0 });
  });
}

function describeFence(build: Build): void {
  test("a trim with a lower token than the fence does nothing", async () => {
    const log = await build();
    const heard = recorder();
    await fill(log, "r", 3);
    await log.subscribe("r", heard);
    expect(await log.raiseFence(0, 5)).toBe(true);
    expect(await trimFirst(log, 2, 4)).toBe(false);
    expect(await buffered(log)).toEqual([1, 2, 3]);
    expect(await log.head("r")).toMatchObject({ storedSeq: 0 });
    expect(await trimFirst(log, 2, 5)).toBe(true);
    await expect.poll(() => seqs(heard.marks)).toEqual([2]);
  });

  test("the fence holds for a trim that names no room", async () => {
    const log = await build();
    await fill(log, "r", 3);
    await log.raiseFence(0, 5);
    const upTo = (await log.read(0, 1)).at(-1)?.cursor ?? "";
    expect(await log.trim({ partition: 0, token: 4, upTo, rooms: [] })).toBe(false);
    expect(await buffered(log)).toEqual([1, 2, 3]);
    expect(await log.trim({ partition: 0, token: 5, upTo, rooms: [] })).toBe(true);
    expect(await buffered(log)).toEqual([2, 3]);
  });

  test("a fence is raised again by the same token, not by a lower one", async () => {
    const log = await build();
    expect(await log.raiseFence(0, 5)).toBe(true);
    expect(await log.raiseFence(0, 5)).toBe(true);
    expect(await log.raiseFence(0, 4)).toBe(false);
    expect(await log.raiseFence(0, 12)).toBe(true);
  });

  test("a trim with a higher token ends the term of the lower ones", async () => {
    const log = await build();
    await fill(log, "r", 3);
    expect(await trimFirst(log, 1, 10)).toBe(true);
    expect(await trimFirst(log, 1, 9)).toBe(false);
    expect(await log.raiseFence(0, 9)).toBe(false);
  });

  test("each partition has its own fence", async () => {
    const log = await build({ partitions: 2 });
    await log.raiseFence(0, 5);
    expect(await log.raiseFence(1, 1)).toBe(true);
  });
}

function describeDeadLetters(build: Build): void {
  test("an entry that was put aside once or twice is there once, with its bytes and the reason", async () => {
    const log = await build();
    await fill(log, "r", 2);
    const read = await log.read(0, 10);
    for (const one of [...read, ...read]) await log.bury(0, one, `refused: ${one.entry?.id}`);
    const letters = await log.deadLetters(0, 10);
    expect(letters).toMatchObject([
      { partition: 0, raw: read[0]?.raw, error: "refused: m1" },
      { partition: 0, raw: read[1]?.raw, error: "refused: m2" },
    ]);
    expect(letters).toHaveLength(2);
    expect(letters[0]?.at).toBeGreaterThanOrEqual(read[0]?.at ?? Infinity);
    expect(await log.deadLetters(0, 1)).toEqual(letters.slice(0, 1));
  });

  test("the buffer keeps it until the trim, and the trim leaves the dead letter", async () => {
    const log = await build();
    await fill(log, "r", 2);
    const [first] = await log.read(0, 10);
    if (first === undefined) throw new Error("nothing buffered");
    await log.bury(0, first, "refused");
    expect(await buffered(log)).toEqual([1, 2]);
    await trimFirst(log, 2);
    expect(await log.deadLetters(0, 10)).toHaveLength(1);
  });

  test("a partition takes a limited number of dead letters; one more is refused until some are forgotten", async () => {
    const log = await build({ highWatermark: 10_000 });
    for (let first = 1; first <= maxDeadLetters + 1; first += 143) {
      await Promise.all(span(first, first + 142).map((i) => log.append(message("r", `m${i}`))));
    }
    const read = await log.read(0, maxDeadLetters + 1);
    const [last] = read.slice(-1);
    if (last === undefined) throw new Error("nothing buffered");
    for (let i = 0; i < maxDeadLetters; i += 100) {
      await Promise.all(read.slice(i, i + 100).map((one) => log.bury(0, one, "refused")));
    }
    await expect(log.bury(0, last, "refused")).rejects.toMatchObject({ code: "OVERLOADED" });
    await Promise.all(read.slice(0, 1).map((one) => log.bury(0, one, "refused")));
    expect(await log.deadLetters(0, 2_000)).toHaveLength(maxDeadLetters);
    const [oldest] = await log.deadLetters(0, 1);
    await log.forget(0, [oldest?.id ?? ""]);
    await log.bury(0, last, "refused");
  });

  test("forgetting takes away the named ones only", async () => {
    const log = await build();
    await fill(log, "r", 3);
    for (const one of await log.read(0, 10)) await log.bury(0, one, "refused");
    const [first, second, third] = await log.deadLetters(0, 10);
    await log.forget(0, [first?.id ?? "", third?.id ?? ""]);
    await log.forget(0, []);
    expect(await log.deadLetters(0, 10)).toEqual([second]);
  });
}
