import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { startMongoServer } from "../harness/mongo-server.ts";
import { startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { launcher, WeirProcess } from "../harness/weir-process.ts";

const rules = readFileSync("charts/weir/files/redis/acl-rules.txt", "utf8").trim();

test("a Redis user with the chart's rules is all that two gateways and a flusher need, and can do no harm", async () => {
  await using redis = await startRedisServer({
    appendOnly: true,
    users: ["user default on nopass ~* &* +@all", `user weir on >secret ${rules}`],
  });
  const mongo = await startMongoServer();
  try {
    const env = {
      WEIR_REDIS_URL: redis.url.replace("redis://", "redis://weir:secret@"),
      WEIR_MONGODB_URL: mongo.url("acl"),
      WEIR_JWT_SECRET: "a secret for tests that is long enough",
    };
    await using flusher = await WeirProcess.start({ role: "flusher", env });
    await using one = await WeirProcess.start({ role: "gateway", env });
    await using two = await WeirProcess.start({ role: "gateway", env });
    for (const { url } of [one, two]) {
      const args = [launcher, "probe", "--url", url, "--timeout", "20s"];
      await promisify(execFile)(process.execPath, args, { env: { PATH: process.env["PATH"], ...env } });
    }
    // Two probes, one message each.
    await until(async () => ((await flusher.metric("weir_flushed_entries_total")) ?? 0) >= 2, { within: 20_000 });
    expect(await two.terminate()).toBe(0);
    expect(await redis.ask("ACL LOG")).toBe("*0\r\n");
    for (const harm of ["FLUSHALL", "KEYS *", "CONFIG GET maxmemory", "SHUTDOWN", "GET other", "ACL LIST"]) {
      expect(await redis.ask(`ACL DRYRUN weir ${harm}`), harm).toMatch(/permissions/);
    }
  } finally {
    await mongo.stop();
  }
});
