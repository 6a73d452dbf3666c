import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { SqliteDatabase } from "../../src/adapters/sqlite/sqlite-database.ts";
import { SqliteMessageLog } from "../../src/adapters/sqlite/sqlite-message-log.ts";
import { type Clock, systemClock } from "../../src/kernel/clock.ts";
import { ManualClock } from "../../src/kernel/manual-clock.ts";
import { messageLogContract } from "./message-log.contract.ts";
import { fill, message, seqs, span } from "./message-log-fixtures.ts";

const settings = { partitions: 1, highWatermark: 10, tail: 5, highestStored: () => Promise.resolve(0) };

messageLogContract("the log in SQLite", async (wanted) => {
  const dir = await mkdtemp(join(tmpdir(), "weir-log-"));
  const database = new SqliteDatabase({ dir, now: Date.now() });
  return {
    log: new SqliteMessageLog({ ...wanted, database, clock: systemClock }),
    safest: "safe",
    close: () => {
      database.close();
      return rm(dir, { recursive: true });
    },
  };
});

interface Opened {
  readonly database: SqliteDatabase;
  readonly log: SqliteMessageLog;
}

/** A data folder that is opened and closed again and again. */
async function folder(): Promise<(clock?: Clock) => Opened> {
  const dir = await mkdtemp(join(tmpdir(), "weir-log-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  return (clock = systemClock) => {
    const database = new SqliteDatabase({ dir, now: clock.now() });
    onTestFinished(() => database.close());
    return { database, log: new SqliteMessageLog({ ...settings, database, clock }) };
  };
}

describe("the log in SQLite, closed and opened again,", () => {
  test("has the same entries, buffer and answers, in a higher epoch", async () => {
    const open = await folder();
    const before = open();
    const first = await before.log.append(message("r", "m1"));
    await fill(before.log, "r", 3);
    const buffered = await before.log.read(0, 10);
    before.database.close();
    const after = open(new ManualClock(1));
    expect(await after.log.append(message("r", "m1"))).toEqual({ ...first, duplicate: true });
    const { epoch, ...head } = await after.log.head("r");
    expect(head).toEqual({ seq: 3, storedSeq: 0 });
    expect(Number(epoch)).toBe(Number(first.epoch) + 1);
    expect(seqs(await after.log.range("r", { after: 0, limit: 10 }))).toEqual([1, 2, 3]);
    expect(await after.log.read(0, 10)).toEqual(buffered);
    expect((await after.log.append(message("r", "next"))).epoch).toBe(epoch);
  });

  test("is still trimmed, fenced, and has its dead letters", async () => {
    const open = await folder();
    const before = open();
    await fill(before.log, "r", 3);
    const [one] = await before.log.read(0, 1);
    if (one === undefined) throw new Error("nothing buffered");
    await before.log.bury(0, one, "refused");
    await before.log.trim({ partition: 0, token: 7, upTo: one.cursor, rooms: [{ room: "r", seq: 1 }] });
    before.database.close();
    const { log } = open();
    expect(await log.depth(0)).toMatchObject({ entries: 2 });
    expect(await log.raiseFence(0, 6)).toBe(false);
    expect(await log.deadLetters(0, 10)).toMatchObject([{ raw: one.raw, error: "refused" }]);
    expect(await log.head("r")).toMatchObject({ storedSeq: 1 });
  });

  test("still refuses while its buffer is full", async () => {
    const open = await folder();
    const before = open();
    await fill(before.log, "r", 10);
    before.database.close();
    await expect(open().log.append(message("r", "late"))).rejects.toMatchObject({ code: "OVERLOADED" });
  });

  test("never lets the time of a room fall, even where the clock did", async () => {
    const open = await folder();
    const before = open(new ManualClock(5_000));
    await fill(before.log, "r", 1);
    before.database.close();
    expect(await open(new ManualClock(1_000)).log.append(message("r", "next"))).toMatchObject({ seq: 2, at: 5_000 });
  });

  test("is not opened with another number of partitions", async () => {
    const { database } = (await folder())();
    const reopen = () => new SqliteMessageLog({ ...settings, partitions: 2, database, clock: systemClock });
    expect(reopen).toThrow(/^the data folder has 1 partitions, not 2/);
  });
});

test("a folder that is made later has a higher epoch", async () => {
  const [older, newer] = [(await folder())(new ManualClock(1_000)), (await folder())(new ManualClock(2_000))];
  expect(Number((await newer.log.head("r")).epoch)).toBeGreaterThan(Number((await older.log.head("r")).epoch));
});

test("a send is remembered for ten minutes, and forgotten some time after", async () => {
  const clock = new ManualClock();
  const { log } = (await folder())(clock);
  const trimAll = async (): Promise<void> => {
    const upTo = (await log.read(0, 100)).at(-1)?.cursor ?? "";
    await log.trim({ partition: 0, token: 1, upTo, rooms: [] });
  };
  await fill(log, "r", 1);
  await clock.advance(600_000);
  await trimAll();
  expect(await log.append(message("r", "m1"))).toMatchObject({ seq: 1, duplicate: true });
  await clock.advance(1);
  await trimAll();
  expect(await log.append(message("r", "m1"))).toMatchObject({ seq: 2, duplicate: false });
});

test("while the file fails appends reject as unavailable, and none of a group is half there", async () => {
  const open = await folder();
  const before = open();
  await fill(before.log, "r", 2);
  const pending = span(1, 3).map((i) => before.log.append(message("r", `late${i}`)));
  before.database.close();
  for (const result of await Promise.allSettled(pending)) {
    expect(result).toMatchObject({ status: "rejected", reason: { code: "UNAVAILABLE" } });
  }
  await expect(before.log.append(message("r", "later"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
  expect(await open().log.head("r")).toMatchObject({ seq: 2 });
});
