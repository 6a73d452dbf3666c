import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { MemoryMessageStore } from "../../src/adapters/memory/memory-message-store.ts";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import { partitionKeys } from "../../src/adapters/redis/keys.ts";
import type { NewEntry } from "../../src/chat/entry.ts";
import { RoomHistory } from "../../src/gateway/room-history.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { change, message, seqs, span } from "./message-log-fixtures.ts";

let server: RedisServer;
let log: RedisLog;
let admin: Redis;
let prefix: string;
beforeAll(async () => {
  server = await startRedisServer();
});
beforeEach(async () => {
  prefix = `test-${randomUUID()}:`;
  log = testRedisLog({ url: server.url, prefix });
  await log.start();
  admin = log.adapterClients().pub;
  await until(() => admin.ping());
});
afterEach(() => log.stop());
afterAll(() => server.close());

function historyOf(): RoomHistory {
  const limits = { storeReads: 1, storeReadsWaiting: 10, requestMs: 5_000 };
  const metrics = createMetrics({ processMetrics: false });
  const store = new MemoryMessageStore();
  return new RoomHistory({ log: log.log, store, limits, clock: systemClock, random: () => 0, metrics });
}

const entryBytes = 12_000;
const unstored = 400;

/** Fills the room with large entries that no database takes. */
async function fillLarge(kinds: "messages" | "edits"): Promise<void> {
  const text = "x".repeat(entryBytes);
  const isMessage = (i: number): boolean => kinds === "messages" || i <= unstored / 2;
  for (let i = 1; i <= unstored; i++) {
    const entry = isMessage(i)
      ? message("r", `m${i}`, { text })
      : change("edit", `e${i}`, { target: i - unstored / 2, text });
    await log.log.append(entry);
  }
}

async function statistic(section: string, name: RegExp): Promise<number> {
  return [...(await admin.info(section)).matchAll(name)].reduce((sum, [, value]) => sum + Number(value), 0);
}

/** What Redis sends for one read, in bytes, with the two questions that measure it. */
async function bytesOf(read: () => Promise<unknown>): Promise<number> {
  const sent = (): Promise<number> => statistic("stats", /total_net_output_bytes:(\d+)/g);
  const before = await sent();
  await read();
  return (await sent()) - before;
}

/** Commands of Redis that read the log, within scripts too. */
async function readsOf(read: () => Promise<unknown>): Promise<number> {
  const calls = (): Promise<number> => statistic("commandstats", /cmdstat_x(?:rev)?range:calls=(\d+)/g);
  const before = await calls();
  await read();
  return (await calls()) - before;
}

test.each(["messages", "edits"] as const)(
  "of a room with many unstored %s, one message and a page of one cost a few entries",
  async (kinds) => {
    await fillLarge(kinds);
    const history = historyOf();
    const reads = {
      "an old message": () => history.message("r", 3),
      "a young message": () => history.message("r", unstored / 2),
      "the newest page": () => history.page("r", { limit: 1 }),
      "a page before": () => history.page("r", { before: unstored / 2, limit: 1 }),
      "a page after": () => history.page("r", { after: 7, limit: 1 }),
    };
    for (const [name, read] of Object.entries(reads)) {
      expect(await read(), name).toBeDefined();
      expect(await bytesOf(read), name).toBeLessThan(10 * entryBytes);
    }
    expect(await readsOf(reads["an old message"])).toBeLessThan(10);
    expect(await readsOf(reads["a page before"])).toBeLessThan(20);
  },
);

test("a page ends with as many entries as are asked for, or 256 KiB", async () => {
  await fillLarge("messages");
  const page = await historyOf().page("r", { before: 300, limit: 200 });
  expect(seqs(page.entries)).toEqual(span(299 - page.entries.length + 1, 299));
  expect(page.entries.length).toBeLessThan(30);
  expect(page.more).toBe(true);
});

/** Appends as an older version does: it notes no reaction, and leaves what the room knows of links as it was. */
async function appendAsBefore(entry: NewEntry): Promise<void> {
  const keys = partitionKeys(prefix, 0);
  const noted = `~${entry.target}`;
  const links = await admin.hmget(keys.state("r"), "linked", "linkedTo");
  const before = await admin.zscore(keys.changes("r"), noted);
  await log.log.append(entry);
  const [linked = "", linkedTo = ""] = links.map(String);
  await admin.hset(keys.state("r"), { linked, linkedTo });
  await admin.zadd(keys.changes("r"), String(before), noted);
}

test("reactions by an older version are found, also between those by this one, until they are stored", async () => {
  await log.log.append(message("r", "m1"));
  await log.log.append(change("reaction", "a", { target: 1 }));
  await appendAsBefore(change("reaction", "b", { target: 1 }));
  const found = async (after: number): Promise<number[]> =>
    seqs((await log.log.changes("r", { targets: [1], after })) ?? []);
  expect(await found(0)).toEqual([2, 3]);
  await log.log.append(change("reaction", "c", { target: 1 }));
  expect(await found(0)).toEqual([2, 3, 4]);
  const { cursor = "" } = (await log.drainer.read(0, 3)).at(-1) ?? {};
  await log.drainer.trim({ partition: 0, token: 1, upTo: cursor, rooms: [{ room: "r", seq: 3 }] });
  await log.log.append(change("reaction", "d", { target: 1 }));
  expect(await found(3)).toEqual([4, 5]);
  expect(await readsOf(() => found(3))).toBe(2);
});
