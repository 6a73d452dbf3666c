import { afterAll, describe, expect, test } from "vitest";
import { MemoryMessageStore } from "../../src/adapters/memory/memory-message-store.ts";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import type { Entry } from "../../src/chat/entry.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import { storeLookups } from "../../src/write-behind/store-lookups.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message } from "./message-log-fixtures.ts";

const open: AsyncDisposable[] = [];
// Tests run side by side, so what they opened ends with the last of them.
afterAll(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

/** A store that can be made to refuse or to hang. */
class FlakyStore {
  state: "well" | "away" | "hung" = "well";
  closings = 0;
  readonly store = new MemoryMessageStore();

  get lookups(): Partial<RedisLogOptions> {
    const { highestStored, storedAfter, closeLost } = storeLookups(this.store);
    return {
      highestStored: (room) => this.#answer(() => highestStored(room)),
      storedAfter: (room, after, limit) => this.#answer(() => storedAfter(room, after, limit)),
      closeLost: (places) => {
        this.closings++;
        return this.#answer(() => closeLost(places));
      },
    };
  }

  #answer<T>(ask: () => Promise<T>): Promise<T> {
    if (this.state === "well") return ask();
    if (this.state === "hung") return new Promise(() => {});
    return Promise.reject(new ChatError("UNAVAILABLE", "no store"));
  }
}

async function server(): Promise<RedisServer> {
  const redis = await startRedisServer({ appendOnly: true, sync: "always" });
  open.push(redis);
  return redis;
}

async function gateway(redis: RedisServer, { lookups }: FlakyStore): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix: "weir:", commandTimeoutMs: 2_000, graceMs: 1_000, ...lookups });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return log;
}

/** Waits until the partition takes appends again in a later epoch. */
async function reopened(log: RedisLog, room = "well-known"): Promise<void> {
  await until(() => log.log.head(room).then(() => true), { within: 20_000 });
}

async function readAll({ drainer }: RedisLog): Promise<Entry[]> {
  return (await drainer.read(0, 1_000)).flatMap(({ entry }) => entry ?? []);
}

describe("Redis starts again while the store is away", () => {
  test.concurrent.each(["away", "hung"] as const)(
    "a room whose place the log knows goes on (the store is %s)",
    async (state) => {
      const flaky = new FlakyStore();
      const redis = await server();
      const log = await gateway(redis, flaky);
      await fill(wholeLog(log), "r", 3);
      flaky.state = state;
      const before = await log.log.head("r");
      await redis.restart();
      const after = await until(() => log.log.append(message("r", "next")), { within: 20_000 });
      expect(after).toMatchObject({ seq: 4, duplicate: false });
      expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
      expect(await log.log.append(message("r", "m3"))).toMatchObject({ seq: 3, duplicate: true });
      expect(await log.log.head("r")).toMatchObject({ seq: 4, storedSeq: 0 });
    },
  );

  test.concurrent("a room that the log does not know waits for the store", async () => {
    const flaky = new FlakyStore();
    const redis = await server();
    const log = await gateway(redis, flaky);
    await fill(wholeLog(log), "well-known", 1);
    flaky.state = "away";
    await redis.restart();
    await reopened(log);
    await expect(log.log.append(message("other", "m1"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    flaky.state = "well";
    expect(await log.log.append(message("other", "m1"))).toMatchObject({ seq: 1 });
  });

  test.concurrent("a room of which someone saw more than the log has waits for the store", async () => {
    const flaky = new FlakyStore();
    const redis = await server();
    const log = await gateway(redis, flaky);
    await fill(wholeLog(log), "well-known", 1);
    await fill(wholeLog(log), "r", 3);
    const copy = await redis.copyData();
    await fill(wholeLog(log), "r", 2, "lost");
    await flaky.store.write((await readAll(log)).filter(({ room }) => room === "r"));
    flaky.state = "away";
    await redis.restart({ copy });
    await reopened(log);
    await expect(log.log.append(message("r", "lost2"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(flaky.closings).toBe(0);
    flaky.state = "well";
    expect(await log.log.append(message("r", "lost2"))).toMatchObject({ seq: 5, duplicate: true });
  });

  test.concurrent("what the store had and Redis lost, with nobody left who saw it, ends as a conflict and overwrites nothing", async () => {
    const flaky = new FlakyStore();
    const redis = await server();
    const first = await gateway(redis, flaky);
    await fill(wholeLog(first), "r", 3);
    const copy = await redis.copyData();
    await fill(wholeLog(first), "r", 1, "lost");
    await flaky.store.write(await readAll(first));
    await first.stop();
    flaky.state = "away";
    await redis.restart({ copy });
    const log = await gateway(redis, flaky);
    expect(await until(() => log.log.append(message("r", "next")), { within: 20_000 })).toMatchObject({ seq: 4 });
    const refused = await flaky.store.write(await readAll(log));
    expect(refused).toMatchObject([{ reason: "conflict", entry: { id: "next" } }]);
  });
});

describe("what is asked of the store", () => {
  test.concurrent("a late retry of an edit that the store has and Redis lost gets the first answer", async () => {
    const flaky = new FlakyStore();
    const redis = await server();
    const log = await gateway(redis, flaky);
    await fill(wholeLog(log), "r", 1);
    const edit = { kind: "edit", room: "r", id: "e1", from: { id: "ada" }, target: 1, text: "new" } as const;
    const answer = await log.log.append(edit);
    await flaky.store.write(await readAll(log));
    await redis.restart("empty");
    expect(await until(() => log.log.append(edit), { within: 20_000 })).toEqual({ ...answer, duplicate: true });
  });

  test("a report of floors that fails is made again while the grace time runs", async () => {
    const flaky = new FlakyStore();
    const redis = await server();
    const log = await gateway(redis, flaky);
    const { pub } = log.adapterClients();
    await until(() => pub.ping());
    await fill(wholeLog(log), "r", 10);
    await pub.del("weir:{p0}:seq:r");
    await pub.set("weir:{p0}:seq:r", "of another kind, so that the report fails");
    await pub.hset("weir:{p0}:meta", "run", "another");
    await expect(log.log.append(message("r", "next"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await pub.del("weir:{p0}:seq:r");
    await expect(log.log.append(message("r", "next"))).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(await pub.hget("weir:{p0}:seq:r", "floor")).toBe("10");
  });
});
