import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { SqliteDatabase } from "../../../src/adapters/sqlite/sqlite-database.ts";
import { SqliteMessageLog } from "../../../src/adapters/sqlite/sqlite-message-log.ts";
import { SqliteMessageStore } from "../../../src/adapters/sqlite/sqlite-message-store.ts";
import type { Position } from "../../../src/chat/position.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

interface Run {
  readonly rig: Rig;
  send(count: number): Promise<Position>;
  stop(): void;
}

let sent = 0;
let now = 1_000;

/** Starts a gateway on a data folder, a while after the last one. */
function start(dir: string): Run {
  now += 1_000;
  const clock = new ManualClock(now);
  const database = new SqliteDatabase({ dir, now: clock.now() });
  onTestFinished(() => database.close());
  const store = new SqliteMessageStore(database);
  const options = { database, partitions: 1, highWatermark: 1_000, tail: 100, clock };
  const log = new SqliteMessageLog({ ...options, highestStored: (room) => store.highest(room) });
  const rig = createRig({ clock, log, feed: log, store });
  const send = async (count: number): Promise<Position> => {
    for (let i = 0; i < count; i++) {
      const id = `m${++sent}`;
      await log.append({ kind: "message", room: "r", id, from: { id: "other" }, text: id });
    }
    return log.head("r");
  };
  return { rig, send, stop: () => database.close() };
}

async function folder(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "weir-restored-"));
  onTestFinished(() => rm(dir, { recursive: true }));
  return dir;
}

test("after a restart that lost nothing a client gets what it missed, and is told of no gap", async () => {
  const dir = await folder();
  const before = start(dir);
  const { epoch, seq } = await before.send(4);
  await before.send(2);
  before.stop();
  const after = start(dir);
  const head = await after.send(1);
  const answer = await after.rig.open("bob").ask("room:join", { room: "r", after: { epoch, seq } });
  expect(answer).toMatchObject({
    ok: true,
    head: { epoch: head.epoch, seq: 7 },
    entries: [{ seq: 5 }, { seq: 6 }, { seq: 7 }],
  });
  expect(answer).not.toHaveProperty("gap");
});

test("a client that is ahead of a data folder put back to an older copy is told of the gap, and of the lower head", async () => {
  const [dir, copy] = [await folder(), await folder()];
  const first = start(dir);
  await first.send(5);
  first.stop();
  await cp(dir, copy, { recursive: true });
  const second = start(dir);
  const { epoch, seq } = await second.send(5);
  second.stop();
  const restored = start(copy);
  const bob = restored.rig.open("bob");
  const answer = await bob.ask("room:join", { room: "r", after: { epoch, seq } });
  expect(answer).toMatchObject({ ok: true, gap: true, head: { seq: 5 } });
  await restored.send(1);
  await expect.poll(() => bob.entries.map((entry) => entry.seq)).toEqual([6]);
});

test("so is a client whose place was given a second time in the older copy", async () => {
  const [dir, copy] = [await folder(), await folder()];
  const first = start(dir);
  await first.send(5);
  first.stop();
  await cp(dir, copy, { recursive: true });
  const second = start(dir);
  const { epoch, seq } = await second.send(3);
  second.stop();
  const restored = start(copy);
  await restored.send(6);
  const answer = await restored.rig.open("bob").ask("room:join", { room: "r", after: { epoch, seq } });
  expect(answer).toMatchObject({ ok: true, gap: true, head: { seq: 11 } });
});
