import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRedisControl } from "../../src/adapters/redis/create-redis-control.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { shareRedis } from "../harness/redis-server.ts";
import { runRandom } from "../harness/seeded-random.ts";
import { until } from "../harness/until.ts";
import { roomStateContract } from "./room-state.contract.ts";

let redis: Awaited<ReturnType<typeof shareRedis>>;
beforeAll(async () => {
  redis = await shareRedis();
});
afterAll(() => redis.close());

roomStateContract("the state of rooms in Redis", async (leaseMs) => {
  const prefix = `test-${randomUUID()}:`;
  const [ours, theirs] = [testRedisLog({ url: redis.url, prefix }), testRedisLog({ url: redis.url, prefix })];
  await Promise.all([ours.start(), theirs.start()]);
  return {
    rosters: [ours.roster(leaseMs), theirs.roster(leaseMs)],
    slowModes: [ours.slowMode, theirs.slowMode],
    close: async () => void (await Promise.all([ours.stop(), theirs.stop()])),
  };
});

test("rooms are active while some gateway has a member there", async () => {
  const prefix = `test-${randomUUID()}:`;
  const log = testRedisLog({ url: redis.url, prefix, partitions: 4 });
  const control = createRedisControl({
    url: redis.url,
    prefix,
    partitions: 4,
    fleetMemoryMs: 1_000,
    clock: systemClock,
    random: runRandom(),
    logger: silentLogger,
  });
  await Promise.all([log.start(), control.start()]);
  try {
    const listener = { entry: () => {}, stored: () => {} };
    for (const room of ["lobby", "team:7", "a/feed:b"]) await log.feed.subscribe(room, listener);
    const rooms = await until(() => control.activeRooms());
    expect(rooms.toSorted()).toEqual(["a/feed:b", "lobby", "team:7"]);
    await log.feed.unsubscribe("lobby");
    expect((await control.activeRooms()).toSorted()).toEqual(["a/feed:b", "team:7"]);
  } finally {
    await Promise.all([log.stop(), control.stop()]);
  }
});
