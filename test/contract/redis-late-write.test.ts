import { afterAll, describe, expect, test } from "vitest";
import { MemoryMessageStore } from "../../src/adapters/memory/memory-message-store.ts";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import type { Entry, NewEntry } from "../../src/chat/entry.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import type { Appended } from "../../src/write-behind/index.ts";
import { storeLookups } from "../../src/write-behind/store-lookups.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message, span } from "./message-log-fixtures.ts";

const open: AsyncDisposable[] = [];
// Tests run side by side, so what they opened ends with the last of them.
afterAll(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function gateway(redis: RedisServer, options: Partial<RedisLogOptions>): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix: "weir:", commandTimeoutMs: 2_000, graceMs: 1_000, ...options });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return log;
}

interface Failover {
  readonly log: RedisLog;
  readonly store: MemoryMessageStore;
  /** What the flusher read before the failover: m1 to m3 are still in the log, lost1 and lost2 are not. */
  readonly read: readonly Entry[];
}

interface Steps {
  /** Runs with what the flusher has read, before the loss. */
  readonly before?: (store: MemoryMessageStore, read: readonly Entry[]) => Promise<unknown>;
  readonly options?: (store: MemoryMessageStore, redis: RedisServer) => Partial<RedisLogOptions>;
}

/** Redis loses the last two of five entries, all of which the flusher has read. */
async function failOver({ before, options }: Steps = {}): Promise<Failover> {
  const redis = await startRedisServer({ appendOnly: true, sync: "always" });
  open.push(redis);
  const store = new MemoryMessageStore();
  const log = await gateway(redis, { ...storeLookups(store), ...options?.(store, redis) });
  await fill(wholeLog(log), "r", 3);
  const copy = await redis.copyData();
  await fill(wholeLog(log), "r", 2, "lost");
  const read = await readAll(log);
  await before?.(store, read);
  await redis.restart({ copy });
  await until(() => log.log.head("r").then(() => true), { within: 20_000 });
  return { log, store, read };
}

async function readAll({ drainer }: RedisLog): Promise<Entry[]> {
  return (await drainer.read(0, 1_000)).flatMap(({ entry }) => entry ?? []);
}

function insist(log: RedisLog, entry: NewEntry): Promise<Appended> {
  return until(() => log.log.append(entry), { within: 20_000 });
}

async function history(store: MemoryMessageStore): Promise<string[]> {
  const entries = await store.range("r", { after: 0, limit: 100, keep: "oldest", kinds: "all" });
  return entries.map(({ id }) => id);
}

describe("the log loses entries that are on their way to the store, and their sender tries again", () => {
  test.concurrent("a write that comes after the second try is refused, so the message is in the history once", async () => {
    const { log, store, read } = await failOver();
    expect(await insist(log, message("r", "lost2"))).toMatchObject({ seq: 6, duplicate: false });
    const refused = await store.write(read);
    expect(refused.map(({ entry, reason }) => [entry.id, reason])).toEqual([
      ["lost1", "conflict"],
      ["lost2", "conflict"],
    ]);
    expect(await store.write(await readAll(log))).toEqual([]);
    expect(await history(store)).toEqual(["m1", "m2", "m3", "lost2"]);
  });

  test.concurrent("a write that came before gives the second try the first answer", async () => {
    const { log, store } = await failOver({ before: (into, read) => into.write(read) });
    expect(await insist(log, message("r", "lost2"))).toMatchObject({ seq: 5, duplicate: true });
    expect(await history(store)).toEqual(["m1", "m2", "m3", "lost1", "lost2"]);
  });

  test.concurrent("a write that comes while the room is settled gives the second try the first answer", async () => {
    const late: Entry[] = [];
    const { log, store } = await failOver({
      before: (_store, read) => Promise.resolve(late.push(...read)),
      options: (into) => ({
        closeLost: async (places) => {
          await into.write(late);
          return into.closeLost(places);
        },
      }),
    });
    expect(await insist(log, message("r", "lost2"))).toMatchObject({ seq: 5, duplicate: true });
    expect(await history(store)).toEqual(["m1", "m2", "m3", "lost1", "lost2"]);
  });

  test.concurrent("what is seen while places are being closed does not move the end of the room", async () => {
    const prefix = "weir:";
    const { log } = await failOver({
      options: (into, redis) => ({
        prefix,
        closeLost: async (places) => {
          await redis.ask(`HSET ${prefix}{p0}:seq:r floor 9`);
          return into.closeLost(places);
        },
      }),
    });
    expect(await insist(log, message("r", "next"))).toMatchObject({ seq: 6 });
  });

  test.concurrent("a room whose places could not be closed takes nothing, and is settled on the same base later", async () => {
    const fails = { yet: true };
    const { log, store, read } = await failOver({
      options: (into) => ({
        closeLost: (places) => {
          const isFirst = fails.yet;
          fails.yet = false;
          return isFirst ? Promise.reject(new ChatError("UNAVAILABLE", "no store")) : into.closeLost(places);
        },
      }),
    });
    expect(fails.yet).toBe(false);
    expect(await insist(log, message("r", "lost2"))).toMatchObject({ seq: 6 });
    expect(await store.write(read)).toHaveLength(2);
  });
});

test.concurrent("places that were lost are counted, each once, whoever settles the room", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const { log } = await failOver({ options: () => ({ metrics }) });
  await insist(log, message("r", "next"));
  expect((await metrics.scrape()).text).toMatch(/^weir_log_lost_places_total 2$/m);
});

test.concurrent("many rooms are settled at the same time by several gateways, each on one base", async () => {
  const redis = await startRedisServer({ appendOnly: true, sync: "always" });
  open.push(redis);
  const store = new MemoryMessageStore();
  const gateways = [await gateway(redis, storeLookups(store)), await gateway(redis, storeLookups(store))];
  const [first, second] = gateways;
  if (first === undefined || second === undefined) throw new Error("no gateways");
  const rooms = span(1, 20).map((i) => `room-${i}`);
  for (const room of rooms) await fill(wholeLog(first), room, 2);
  const copy = await redis.copyData();
  for (const room of rooms) await fill(wholeLog(first), room, 3, "lost");
  await redis.restart({ copy });
  const answers = await Promise.all(
    rooms.flatMap((room) => gateways.map((log, i) => insist(log, message(room, `next-${i}`)))),
  );
  expect(answers.map(({ seq }) => seq).sort((a, b) => a - b)).toEqual(
    rooms.flatMap(() => [6, 7]).sort((a, b) => a - b),
  );
  expect(await store.write(await readAll(first))).toEqual([]);
});
