import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { testSecret } from "../harness/deployment.ts";
import { until } from "../harness/until.ts";
import { launcher, WeirProcess } from "../harness/weir-process.ts";

const dataDir = mkdtempSync(join(tmpdir(), "weir-masked-"));
afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

/** Everything that a program of Node writes. */
function outputOf(args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  const { stdout, stderr } = spawnSync(process.execPath, args, {
    encoding: "utf8",
    timeout: 30_000,
    env: { PATH: process.env["PATH"] ?? "", WEIR_DATA_DIR: dataDir, ...env },
  });
  return stdout + stderr;
}

const keySet = "https://ada:hunter2@id.example.com/keys?code=hunter2";
const stores = { WEIR_REDIS_URL: "redis://:hunter2@r", WEIR_MONGODB_URL: "mongodb://u:hunter2@m/d" };

test.each<readonly [readonly string[], Readonly<Record<string, string>>, string]>([
  [["config"], { ...stores, WEIR_JWKS_URL: keySet }, "https://(hidden)@id.example.com/keys?(hidden)"],
  [["config"], { ...stores, WEIR_JWKS_URL: `htps${keySet}` }, "WEIR_JWKS_URL: "],
  [["gateway", `--jwks-ulr=${keySet}`], {}, "unknown option"],
  [["probe", "--url", "http://ada:hunter2@127.0.0.1:1", "--token", "x"], {}, "is not reached"],
  [["gateway"], { ...stores, WEIR_MONGODB_URL: "mongodb://u:hunter2@m", WEIR_JWKS_URL: keySet }, "names no database"],
  [["all-in-one"], { WEIR_ALLOWED_ORIGINS: "https://u:hunter2@app.example.com" }, "is no origin"],
  [["all-in-one"], { WEIR_JWKS_URL_FILE: keySet }, "can't be read"],
])("weir %j shows no user info and no query of a URL", (args, env, words) => {
  const output = outputOf([launcher, ...args], env);
  expect(output).toContain(words);
  expect(output).not.toContain("hunter2");
});

test.each(["json", "pretty"])(
  "the log shows no user info and no query of a URL, in errors and their causes: %s",
  (format) => {
    const program = `import { createLogger } from "./src/telemetry/logger.ts";
const cause = new Error("refused by redis://:hunter2@r:6379");
const err = Object.assign(new Error("fetch ${keySet} failed", { cause }), { input: "${keySet}" });
createLogger({ level: "info", format: "${format}" }).child({ url: "${keySet}" }).warn({ err, list: ["${keySet}"] }, "failed");`;
    const output = outputOf(["--input-type=module-typescript", "--eval", program]);
    expect(output.match(/https:\/\/\(hidden\)@id\.example\.com\/keys\?\(hidden\)/g)?.length).toBeGreaterThanOrEqual(4);
    expect(output).toContain("redis://(hidden)@r:6379");
    expect(output).not.toContain("hunter2");
  },
);

test("a start says that a secret is visible in the process list, and that the key set is fetched in the clear", async () => {
  await using weir = await WeirProcess.start({
    role: "all-in-one",
    args: ["--jwt-secret", testSecret, "--jwks-url", "http://ada:hunter2@192.0.2.1/keys"],
    env: { WEIR_DATA_DIR: dataDir, WEIR_DEMO: "off" },
  });
  await until(() => weir.log.includes('"msg":"started"'));
  expect(weir.log).toContain('"flag":"--jwt-secret","variable":"WEIR_JWT_SECRET","file":"WEIR_JWT_SECRET_FILE"');
  expect(weir.log).toContain('"flag":"--jwks-url"');
  expect(weir.log).toContain('"url":"http://(hidden)@192.0.2.1/keys"');
  for (const secret of ["hunter2", testSecret]) expect(weir.log).not.toContain(secret);
});
