import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { tapMongo } from "../harness/mongo-tap.ts";
import { startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { launcher, WeirProcess } from "../harness/weir-process.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

/** What a client of MongoDB asks without a right to anything. */
const needsNoRight = new Set(["hello", "isMaster", "ping", "endSessions", "saslStart", "saslContinue"]);

test("a gateway finds and inserts in MongoDB and does nothing else, also after Redis lost what was not stored", async () => {
  await using redis = await startRedisServer({ appendOnly: true });
  const url = mongo.url("rights");
  await using tap = await tapMongo(url);
  const env = {
    WEIR_REDIS_URL: redis.url,
    WEIR_MONGODB_URL: url,
    WEIR_JWT_SECRET: "a secret for tests that is long enough",
  };
  await using gateway = await WeirProcess.start({ role: "gateway", env: { ...env, WEIR_MONGODB_URL: tap.url } });
  const probe = async (timeout: string): Promise<unknown> => {
    const args = [launcher, "probe", "--url", gateway.url, "--timeout", timeout];
    return await promisify(execFile)(process.execPath, args, { env: { PATH: process.env["PATH"], ...env } });
  };
  await using first = await WeirProcess.start({ role: "flusher", env });
  await probe("20s");
  await first.terminate();
  // Acknowledged, and stored by nobody.
  await expect(probe("4s")).rejects.toThrow("after: connect, join, send, deliver");
  await redis.restart("empty");
  await using second = await WeirProcess.start({ role: "flusher", env });
  await until(async () => (await gateway.isReady()) && (await second.isReady()), { within: 20_000 });
  await probe("20s");
  expect(await gateway.metric("weir_log_lost_places_total")).toBeGreaterThan(0);
  expect([...tap.commands].filter((command) => !needsNoRight.has(command)).sort()).toEqual(["find", "insert"]);
});
