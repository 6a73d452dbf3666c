import { describe, expect, test } from "vitest";
import { listDeadLetters, replayDeadLetters } from "../../../src/flusher/index.ts";
import type { Buffered, LogDrainer } from "../../../src/write-behind/index.ts";
import { wrapDrainer } from "../../harness/wrap-drainer.ts";
import { FlusherRig, span } from "./flusher-rig.ts";

async function flushAll(rig: FlusherRig, drainer?: LogDrainer): Promise<void> {
  const term = new AbortController();
  const led = rig.flusher(drainer === undefined ? {} : { drainer }).lead(1, term.signal);
  await rig.clock.advance(30_000);
  term.abort();
  await led;
}

describe("an entry that the store refuses", () => {
  test.each([1, 500, 1_000])(
    "is found at place %i of a batch that was rejected whole, and the rest is stored",
    async (place) => {
      const rig = new FlusherRig();
      await rig.fill(1_000);
      rig.store.poison.add(`m${place}`);
      await flushAll(rig);
      expect(rig.store.seqs("r")).toEqual(span(1, 1_000).filter((seq) => seq !== place));
      expect([...rig.store.held]).toEqual([`r ${place}`]);
      const letters = await rig.log.deadLetters(0, 10);
      expect(letters).toMatchObject([{ error: "invalid: refused as a whole" }]);
      expect(JSON.parse(letters[0]?.raw ?? "")).toMatchObject({ id: `m${place}`, seq: place });
      expect(await rig.buffered()).toBe(0);
      expect(rig.store.batches.length).toBeLessThan(25);
      expect(await rig.sample('weir_dead_letters_total{reason="invalid"}')).toBe("1");
    },
  );

  test("is put aside where the store names it, one by one", async () => {
    const rig = new FlusherRig();
    await rig.fill(10);
    rig.store.refused.set("m3", "invalid").set("m7", "conflict");
    await flushAll(rig);
    expect([...rig.store.held]).toEqual(["r 3", "r 7"]);
    expect((await rig.log.deadLetters(0, 10)).map(({ error }) => error)).toEqual(["invalid: no", "conflict: no"]);
    expect(rig.store.batches).toEqual([10]);
    expect(await rig.log.head("r")).toMatchObject({ storedSeq: 10 });
  });

  test("is put aside with many others after a few that were taken, and the partition goes on", async () => {
    const rig = new FlusherRig();
    await rig.fill(24);
    for (const i of span(5, 24)) rig.store.poison.add(`m${i}`);
    await flushAll(rig);
    expect(rig.store.seqs("r")).toEqual([1, 2, 3, 4]);
    expect(await rig.log.deadLetters(0, 100)).toHaveLength(20);
    expect(await rig.buffered()).toBe(0);
  });

  test("is put aside also when it is alone", async () => {
    const rig = new FlusherRig();
    await rig.fill(1);
    rig.store.poison.add("m1");
    await flushAll(rig);
    expect(await rig.log.deadLetters(0, 10)).toHaveLength(1);
    expect(await rig.buffered()).toBe(0);
  });

  test("is put aside with no more than 500 characters of the error", async () => {
    const rig = new FlusherRig();
    await rig.fill(2);
    rig.store.poison.add("m1");
    rig.store.complaint = "no ".repeat(10_000);
    await flushAll(rig);
    const [letter] = await rig.log.deadLetters(0, 10);
    expect(letter?.error).toMatch(/^invalid: (no )+/);
    expect(letter?.error).toHaveLength(500);
  });

  test("leaves no trace when bytes are not an entry, but the bytes", async () => {
    const rig = new FlusherRig();
    await rig.fill(3);
    await flushAll(rig, garbling(rig.log, 2));
    expect(rig.store.seqs("r")).toEqual([1, 3]);
    expect(await rig.log.deadLetters(0, 10)).toMatchObject([
      { raw: "garbage", error: "undecodable: the bytes are not an entry" },
    ]);
    expect(await rig.buffered()).toBe(0);
  });
});

describe("a store that takes nothing", () => {
  test.each([1, 2, 40])(
    "is not blamed on %i entries: they stay in the buffer until it is well again",
    async (count) => {
      const rig = new FlusherRig();
      await rig.fill(count);
      rig.store.ill = true;
      await flushAll(rig);
      expect(await rig.buffered()).toBe(count);
      expect(await rig.log.deadLetters(0, 10)).toEqual([]);
      rig.store.ill = false;
      await flushAll(rig);
      expect(rig.store.seqs("r")).toEqual(span(1, count));
    },
  );

  test("is not hammered while it is ill", async () => {
    const rig = new FlusherRig();
    await rig.fill(1_000);
    rig.store.ill = true;
    await flushAll(rig);
    expect(rig.store.batches.length).toBeLessThan(1_000);
  });
});

describe("replaying dead letters", () => {
  test("stores them where the reason is gone, and keeps the others", async () => {
    const rig = new FlusherRig(4);
    for (const room of ["a", "b", "c"]) await rig.fill(2, room);
    rig.store.refused.set("m1", "invalid").set("m2", "conflict");
    await flushAll(rig);
    rig.store.refused.delete("m1");
    const letters = await listDeadLetters(rig.log, 100);
    expect(letters).toHaveLength(6);
    const results = await replayDeadLetters({ drainer: rig.log, writer: rig.store }, letters);
    const kinds = results.map(({ outcome }) => outcome.kind).sort();
    expect(kinds).toEqual(["refused", "refused", "refused", "stored", "stored", "stored"]);
    expect(await listDeadLetters(rig.log, 100)).toHaveLength(3);
    for (const room of ["a", "b", "c"]) expect(rig.store.seqs(room)).toEqual([1]);
  });

  test.each([
    "",
    "not json",
    "17",
    "null",
    '{"room":"r"}',
    '{"kind":"message","room":"r","epoch":"1","id":"x","seq":1,"at":1,"from":null}',
  ])("keeps what can't be read: %s", async (raw) => {
    const rig = new FlusherRig();
    await rig.log.bury(0, { cursor: "1", bytes: 1, at: 0, entry: undefined, raw }, "undecodable");
    const [result] = await replayDeadLetters(
      { drainer: rig.log, writer: rig.store },
      await listDeadLetters(rig.log, 10),
    );
    expect(result?.outcome).toEqual({ kind: "undecodable" });
    expect(await rig.log.deadLetters(0, 10)).toHaveLength(1);
  });
});

/** The log, with the bytes of the entry at this seq spoiled. */
function garbling(log: LogDrainer, seq: number): LogDrainer {
  const garble = (one: Buffered): Buffered =>
    one.entry?.seq === seq ? { ...one, entry: undefined, raw: "garbage" } : one;
  return wrapDrainer(log, { read: async (partition, limit) => (await log.read(partition, limit)).map(garble) });
}
