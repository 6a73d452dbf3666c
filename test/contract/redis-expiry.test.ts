import { randomUUID } from "node:crypto";
import type { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { AnswerRotation } from "../../src/adapters/redis/answer-rotation.ts";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { partitionKeys } from "../../src/adapters/redis/keys.ts";
import { createRedisClient } from "../../src/adapters/redis/redis-client.ts";
import { RedisConnection } from "../../src/adapters/redis/redis-connection.ts";
import { readRedisUrl } from "../../src/adapters/redis/redis-url.ts";
import type { Entry } from "../../src/chat/entry.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { ManualClock } from "../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { shareRedis } from "../harness/redis-server.ts";
import { runRandom } from "../harness/seeded-random.ts";
import { until } from "../harness/until.ts";
import { fill, message } from "./message-log-fixtures.ts";

const minuteMs = 60_000;

let redis: Awaited<ReturnType<typeof shareRedis>>;
const open: { stop(): Promise<void> }[] = [];
let prefix: string;
beforeAll(async () => {
  redis = await shareRedis();
});
beforeEach(() => {
  prefix = `test-${randomUUID()}:`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.stop()));
});
afterAll(() => redis.close());

async function gateway(options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix, ...options });
  open.push(log);
  await log.start();
  return log;
}

async function drain({ drainer }: RedisLog, room: string, seq: number): Promise<void> {
  const { cursor = "" } = (await drainer.read(0, 1_000)).at(-1) ?? {};
  await drainer.trim({ partition: 0, token: 1, upTo: cursor, rooms: [{ room, seq }] });
}

async function adminOf(log: RedisLog): Promise<Redis> {
  const { pub } = log.adapterClients();
  await until(() => pub.ping());
  return pub;
}

/** ms until each key goes, by its name without the prefix; -1 where it stays. */
async function expiries(log: RedisLog): Promise<Record<string, number>> {
  const admin = await adminOf(log);
  const keys = await admin.keys(`${prefix}*`);
  const pairs = keys.map(async (key) => [key.slice(prefix.length), await admin.pttl(key)] as const);
  return Object.fromEntries(await Promise.all(pairs));
}

/** Keys of which there is a fixed number, or whose content is bounded otherwise. */
const lasting = /^(partitions|replicated|lease:.*|\{policies\}|\{p\d+\}:(meta|buf|dead|buried|answers:(young|old)))$/;

describe("what Weir keeps in Redis", () => {
  test("has an expiry for everything of a room, a user or a gateway, once all is stored", async () => {
    const log = await gateway({ keepRoomMs: 50_000 });
    await fill(wholeLog(log), "r", 3);
    await drain(log, "r", 3);
    await log.log.head("looked-at");
    await log.roster(40_000).enter("r", "u", 5);
    await log.roster(40_000).renew("renewed", ["u"]);
    await log.slowMode.take({ room: "r", user: "u", id: "m", everyMs: 30_000 });
    await log.fleet(20_000).report({ gateway: "g", connections: 1 });
    await log.lease("flusher").write({ holder: "a", durationMs: 1, transitions: 1 }, undefined);
    const all = await expiries(log);
    const bounds: Record<string, number> = {
      "{p0}:room:r": 50_000,
      "{p0}:seq:r": 50_000,
      "{p0}:seq:looked-at": 50_000,
      "roster:r": 40_000,
      "roster:renewed": 40_000,
      "slow:r|u": 30_000,
      "{fleet}": 20_000,
    };
    const passing = Object.entries(all).filter(([key]) => !lasting.test(key));
    expect(passing.map(([key]) => key).sort()).toEqual(Object.keys(bounds).sort());
    for (const [key, ms] of passing) {
      expect([key, ms > 0 && ms <= (bounds[key] ?? 0)]).toEqual([key, true]);
      expect([key, ms > (bounds[key] ?? 0) - 15_000]).toEqual([key, true]);
    }
  });

  test("has none for a room with entries that wait to be stored", async () => {
    const log = await gateway({ keepRoomMs: 50_000 });
    await fill(wholeLog(log), "r", 3);
    await drain(log, "r", 2);
    await fill(wholeLog(log), "stored", 1);
    await drain(log, "stored", 1);
    await log.log.append(message("stored", "again"));
    const all = await expiries(log);
    for (const key of ["{p0}:room:r", "{p0}:seq:r", "{p0}:room:stored", "{p0}:seq:stored"])
      expect([key, all[key]]).toEqual([key, -1]);
  });

  test("a gateway that fell silent is out of the hash after the next report of another", async () => {
    const log = await gateway();
    const fleet = log.fleet(100);
    await fleet.report({ gateway: "silent", connections: 1 });
    await until(async () => (await fleet.report({ gateway: "alive", connections: 1 })).length === 1);
    expect(await (await adminOf(log)).hkeys(`${prefix}{fleet}`)).toEqual(["alive"]);
  });
});

/** A process that forgets old answers, with a clock of its own. */
async function rotation(clock: ManualClock): Promise<AnswerRotation> {
  const world = { clock: systemClock, logger: silentLogger };
  const url = readRedisUrl(redis.url);
  const client = createRedisClient("commands", { url, random: runRandom(), commandTimeoutMs: 1_000 });
  const connection = new RedisConnection({ ...world, client, use: "commands" });
  open.push({ stop: () => connection.close() });
  connection.open();
  await until(() => connection.connected);
  const gate = { keys: (partition: number) => partitionKeys(prefix, partition) };
  return new AnswerRotation({ connection, gate, partitions: 1, clock });
}

describe("the memory of first answers", () => {
  test("lasts for ten minutes at least, and then it is gone", async () => {
    const log = await gateway();
    const clock = new ManualClock();
    const one = await rotation(clock);
    await one.rotate();
    const isKnown = async (): Promise<boolean> => (await log.log.append(message("r", "m"))).duplicate;
    await clock.advance(4 * minuteMs);
    expect(await isKnown()).toBe(false);
    const begunAt = clock.monotonic();
    while (await isKnown()) {
      await clock.advance(minuteMs / 2);
      await one.rotate();
      if (clock.monotonic() - begunAt > 30 * minuteMs) break;
    }
    const keptMs = clock.monotonic() - begunAt;
    expect(keptMs).toBeGreaterThan(10 * minuteMs);
    expect(keptMs).toBeLessThanOrEqual(20 * minuteMs);
  });

  test("is no shorter with several processes, nor with one that has just begun", async () => {
    const log = await gateway();
    const clock = new ManualClock();
    const [one, two] = [await rotation(clock), await rotation(clock)];
    await one.rotate();
    await log.log.append(message("r", "m"));
    for (let minutes = 0; minutes < 10; minutes++) {
      await clock.advance(minuteMs);
      for (const process of [one, two, await rotation(clock)]) await process.rotate();
    }
    expect(await log.log.append(message("r", "m"))).toMatchObject({ duplicate: true });
  });

  test("takes nothing from the store for a room that was let go in good order", async () => {
    let asked = 0;
    const entry = (epoch: string): Entry => ({ ...message("r", "m1"), epoch, seq: 1, at: Date.now() });
    const log = await gateway({
      highestStored: () => Promise.resolve(1),
      storedAfter: async () => {
        asked++;
        return [entry((await (await adminOf(log)).hget(`${prefix}{p0}:meta`, "epoch")) ?? "")];
      },
    });
    expect(await log.log.head("r")).toMatchObject({ seq: 1 });
    expect(asked).toBe(1);
    expect(await (await adminOf(log)).hlen(partitionKeys(prefix, 0).answers[0])).toBe(0);
  });

  test("takes what another epoch lost from the store: the ten minutes before its newest entry", async () => {
    const entry = (seq: number, at: number): Entry => ({ ...message("r", `m${seq}`), epoch: "5", seq, at });
    const newest = 1_700_000_000_000;
    const log = await gateway({
      highestStored: () => Promise.resolve(3),
      storedAfter: () =>
        Promise.resolve([entry(1, newest - 10 * minuteMs), entry(2, newest - 9 * minuteMs), entry(3, newest)]),
    });
    expect(await log.log.head("r")).toMatchObject({ seq: 3 });
    const fields = await (await adminOf(log)).hkeys(partitionKeys(prefix, 0).answers[0]);
    expect(fields.sort()).toEqual(["r|m2|ada", "r|m3|ada"]);
  });

  test("has what an older version wrote", async () => {
    const log = await gateway();
    await (await adminOf(log)).set(partitionKeys(prefix, 0).answer("r", "ada", "m"), "5:7:1700000000000");
    expect(await log.log.append(message("r", "m"))).toMatchObject({ seq: 7, epoch: "5", duplicate: true });
  });
});
