import { execFile } from "node:child_process";
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testSecret } from "../harness/deployment.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { startRedisServer } from "../harness/redis-server.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../../", import.meta.url));
const scripts = "adapters/redis/scripts";
let place: string;
let script: string;
let mongo: MongoServer;

/** What an image has: the launcher, what was compiled, the packages, and no source. */
beforeAll(async () => {
  place = await mkdtemp(join(tmpdir(), "weir-compiled-"));
  script = join(place, "bin/weir.js");
  await run(join(root, "node_modules/.bin/tsc"), [
    "-p",
    join(root, "tsconfig.build.json"),
    "--outDir",
    `${place}/dist`,
  ]);
  await cp(join(root, "src", scripts), join(place, "dist", scripts), { recursive: true });
  await cp(join(root, "bin"), join(place, "bin"), { recursive: true });
  await cp(join(root, "package.json"), join(place, "package.json"));
  await symlink(join(root, "node_modules"), join(place, "node_modules"));
  mongo = await startMongoServer();
});

afterAll(async () => {
  await mongo?.stop();
  await rm(place, { recursive: true, force: true });
});

test("the compiled program runs apart, with several workers, and passes a probe", async () => {
  await using redis = await startRedisServer();
  const env = {
    WEIR_REDIS_URL: redis.url,
    WEIR_MONGODB_URL: mongo.url("compiled"),
    WEIR_JWT_SECRET: testSecret,
    WEIR_WORKERS: "2",
    WEIR_DRAIN_WINDOW: "1s",
    WEIR_DEFAULT_GRANT: '{"**":["read","write"]}',
  };
  await using gateway = await WeirProcess.start({ role: "gateway", env, script });
  await using flusher = await WeirProcess.start({ role: "flusher", env, script });
  await until(async () => (await gateway.metric("weir_workers")) === 2, { within: 30_000, every: 50 });

  const token = signTestToken(testSecret, { sub: "ada" });
  const { stdout } = await run(process.execPath, [script, "probe", "--url", gateway.url, "--token", token]);
  expect(stdout).toContain("history");

  expect(await gateway.terminate()).toBe(0);
  expect(await flusher.terminate()).toBe(0);
});
