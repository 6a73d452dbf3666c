import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { testRedisLog } from "../harness/redis-log.ts";
import { shareRedis } from "../harness/redis-server.ts";
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
