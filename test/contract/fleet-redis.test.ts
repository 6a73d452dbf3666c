import { randomUUID } from "node:crypto";
import { afterAll, beforeAll } from "vitest";
import { testRedisLog } from "../harness/redis-log.ts";
import { shareRedis } from "../harness/redis-server.ts";
import { fleetContract } from "./fleet.contract.ts";

let redis: Awaited<ReturnType<typeof shareRedis>>;
beforeAll(async () => {
  redis = await shareRedis();
});
afterAll(() => redis.close());

fleetContract("the fleet in Redis", async (memoryMs) => {
  const prefix = `test-${randomUUID()}:`;
  const [ours, theirs] = [testRedisLog({ url: redis.url, prefix }), testRedisLog({ url: redis.url, prefix })];
  await Promise.all([ours.start(), theirs.start()]);
  return {
    ours: ours.fleet(memoryMs),
    theirs: theirs.fleet(memoryMs),
    close: async () => void (await Promise.all([ours.stop(), theirs.stop()])),
  };
});
