import { afterAll, beforeAll } from "vitest";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { shareRedis } from "../harness/redis-server.ts";
import { messageLogContract } from "./message-log.contract.ts";

let redis: Awaited<ReturnType<typeof shareRedis>>;
beforeAll(async () => {
  redis = await shareRedis();
});
afterAll(() => redis.close());

messageLogContract("the log in Redis", async (settings) => {
  const log = testRedisLog({ ...settings, url: redis.url, safe: "no" });
  await log.start();
  return { log: wholeLog(log), safest: "fast", close: () => log.stop() };
});
