import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { createRedisRates } from "../../src/adapters/rate-limits/redis-rates.ts";
import { createRedisControl } from "../../src/adapters/redis/create-redis-control.ts";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import type { StoredAfter } from "../../src/write-behind/index.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { runRandom } from "../harness/seeded-random.ts";
import { until } from "../harness/until.ts";
import { fill, message } from "./message-log-fixtures.ts";

const hourMs = 3_600_000;

let redis: RedisServer;
const open: RedisLog[] = [];
let prefix: string;
beforeAll(async () => {
  redis = await startRedisServer({ jumpingClock: true });
});
beforeEach(() => {
  prefix = `test-${randomUUID()}:`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((log) => log.stop()));
});
afterAll(() => redis.close());

/** A gateway's log; those of one test share a namespace. */
async function gateway(options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix, ...options });
  open.push(log);
  await log.start();
  return log;
}

async function drain({ drainer }: RedisLog): Promise<void> {
  const { cursor = "", entry } = (await drainer.read(0, 1_000)).at(-1) ?? {};
  await drainer.trim({ partition: 0, token: 1, upTo: cursor, rooms: [{ room: "r", seq: entry?.seq ?? 0 }] });
}

describe("the clock of Redis goes back by an hour", () => {
  test("a room goes on at once, and its times do not go back", async () => {
    const log = await gateway();
    const before = await log.log.append(message("r", "before"));
    redis.jump(-hourMs);
    const after = await until(() => log.log.append(message("r", "after")), { within: 2_000 });
    expect(after.seq).toBe(before.seq + 1);
    expect(after.at).toBeGreaterThanOrEqual(before.at);
    expect(await log.log.append(message("r", "before"))).toMatchObject({ seq: before.seq, duplicate: true });
  });

  test("a partition that recovers opens after its grace, and nobody is told to wait for longer", async () => {
    const log = await gateway({ graceMs: 300 });
    const { pub } = log.adapterClients();
    await until(() => pub.del(`${prefix}{p0}:meta`));
    const waits: number[] = [];
    const sending = until(
      () =>
        log.log.append(message("r", "m")).catch((error: { readonly retryAfterMs?: number }) => {
          waits.push(error.retryAfterMs ?? 0);
          throw error;
        }),
      { within: 5_000 },
    );
    await until(() => waits.length > 0);
    redis.jump(-hourMs);
    await sending;
    expect(Math.max(...waits)).toBeLessThanOrEqual(300);
  });

  test("a gateway starts within the grace", async () => {
    const first = await gateway({ graceMs: 300 });
    await first.log.append(message("r", "m"));
    redis.jump(-hourMs);
    const startedAt = performance.now();
    const second = await gateway({ graceMs: 300 });
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(await second.log.head("r")).toMatchObject({ seq: 1 });
  });

  test("a user in slow mode waits no longer than the interval", async () => {
    const { slowMode } = await gateway();
    const turn = { room: "r", user: "u", everyMs: 10_000 };
    expect(await slowMode.take({ ...turn, id: "one" })).toBe(0);
    redis.jump(-hourMs);
    expect(await slowMode.take({ ...turn, id: "two" })).toBe(0);
    const wait = await slowMode.take({ ...turn, id: "three" });
    expect(wait).toBeGreaterThan(9_000);
    expect(wait).toBeLessThanOrEqual(10_000);
  });

  test("the place of a user who left without a word is free after its lease, also while others renew theirs", async () => {
    const log = await gateway();
    const roster = log.roster(500);
    expect(await roster.enter("full", "gone", 1)).toBe(true);
    expect(await roster.enter("renewed", "gone", 2)).toBe(true);
    redis.jump(-hourMs);
    expect(await roster.enter("full", "next", 1)).toBe(false);
    const renewFor = performance.now() + 700;
    while (performance.now() < renewFor) await roster.renew("renewed", ["stays"]);
    expect(await roster.enter("renewed", "next", 2)).toBe(true);
    expect(await until(() => roster.enter("full", "next", 1), { within: 5_000 })).toBe(true);
  });

  test("a gateway that fell silent is forgotten, and one that reports is not", async () => {
    const log = await gateway();
    const fleet = log.fleet(1_000);
    await fleet.report({ gateway: "silent", connections: 1 });
    await fleet.report({ gateway: "alive", connections: 2 });
    redis.jump(-hourMs);
    const loads = await fleet.report({ gateway: "alive", connections: 2 });
    expect(loads.map(({ gateway: name }) => name)).toEqual(["alive"]);
    const world = { clock: systemClock, random: runRandom(), logger: silentLogger };
    const control = createRedisControl({ ...world, url: redis.url, prefix, partitions: 1, fleetMemoryMs: 1_000 });
    await control.start();
    try {
      redis.jump(-hourMs);
      expect(await until(async () => (await control.loads()).length === 0, { within: 2_000 })).toBe(true);
    } finally {
      await control.stop();
    }
  });

  test("a count of all gateways keeps nobody out for longer than its window", async () => {
    const log = await gateway();
    const metrics = createMetrics({ processMetrics: false });
    const rates = createRedisRates({ client: log.adapterClients().pub, prefix: `${prefix}rate:`, metrics });
    const rate = rates("user", { points: 1, seconds: 2, step: 1 });
    await until(async () => (await rate.spend("u", 5)) > 0);
    redis.jump(-hourMs);
    const wait = await rate.spend("u", 5);
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(2_000);
    expect(await rate.spend("u", 1)).toBe(0);
  });
});

describe("the clock of Redis goes forward by an hour", () => {
  test("a retry is still known, and takes no second place", async () => {
    const log = await gateway();
    const before = await log.log.append(message("r", "once"));
    redis.jump(hourMs);
    expect(await log.log.append(message("r", "once"))).toEqual({ ...before, duplicate: true });
    expect(await log.log.append(message("r", "next"))).toMatchObject({ seq: 2, duplicate: false });
  });

  test("a retry into a room that is stored, and was let go early, is still known", async () => {
    const storedAfter: StoredAfter = () => Promise.resolve([]);
    let stored = 0;
    const log = await gateway({ highestStored: () => Promise.resolve(stored), storedAfter });
    await fill(wholeLog(log), "r", 3);
    await drain(log);
    stored = 3;
    redis.jump(hourMs);
    expect(await log.log.range("r", { after: 0, limit: 9 })).toEqual([]);
    expect(await log.log.append(message("r", "m2"))).toMatchObject({ seq: 2, duplicate: true });
    expect(await log.log.append(message("r", "m4"))).toMatchObject({ seq: 4 });
  });

  test("again and again: no entry that waits to be stored is lost, and no seq is given twice", async () => {
    const log = await gateway();
    for (let i = 1; i <= 5; i++) {
      await log.log.append(message("r", `m${i}`));
      redis.jump(i % 2 === 0 ? -hourMs : 2 * hourMs);
    }
    const entries = await log.log.range("r", { after: 0, limit: 9 });
    expect(entries.map(({ seq, id }) => [seq, id])).toEqual([1, 2, 3, 4, 5].map((i) => [i, `m${i}`]));
    expect(await log.drainer.depth(0)).toMatchObject({ entries: 5 });
  });

  test("members of a room with a limit keep their places with the next renewal", async () => {
    const log = await gateway();
    const roster = log.roster(30_000);
    expect(await roster.enter("r", "here", 1)).toBe(true);
    redis.jump(hourMs);
    await roster.renew("r", ["here"]);
    expect(await roster.enter("r", "other", 1)).toBe(false);
  });
});

test("answers that were lost are recalled whatever the clock of Redis said when they were given", async () => {
  const first = await gateway();
  redis.jump(-24 * hourMs);
  const answer = await until(() => first.log.append(message("r", "late")));
  const stored = (await first.drainer.read(0, 10)).flatMap(({ entry }) => entry ?? []);
  await first.stop();
  await redis.ask("FLUSHALL");
  redis.jump(24 * hourMs);
  const log = await gateway({
    highestStored: () => Promise.resolve(1),
    storedAfter: (_room, seq) => Promise.resolve(stored.filter((entry) => entry.seq > seq)),
  });
  expect(await log.log.append(message("r", "late"))).toEqual({ ...answer, duplicate: true });
});
