import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

/* `make load` up to the k6 that it calls, which here is a stand-in that writes down how it was called. */

const folder = mkdtempSync(join(tmpdir(), "weir-load-command-"));
const called = join(folder, "called");
const secretFile = join(folder, "secret");

beforeAll(() => {
  writeFileSync(secretFile, "s3cret\n");
  const names = ["URL", "WEIR_JWT_SECRET", "SCALE", "K6_WEB_DASHBOARD", "K6_WEB_DASHBOARD_EXPORT"];
  const lines = names.map((name) => `echo "${name}=$${name}"`);
  const script = [
    "#!/bin/sh",
    '[ "$1" = version ] && exit 0',
    `{ echo "$@"; ${lines.join("; ")}; } >'${called}'`,
    "exit 99",
  ];
  writeFileSync(join(folder, "k6"), `${script.join("\n")}\n`);
  chmodSync(join(folder, "k6"), 0o755);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function load(env: Readonly<Record<string, string>>, path = folder) {
  return spawnSync(process.execPath, ["scripts/load.ts"], {
    encoding: "utf8",
    env: { PATH: `${path}:${dirname(process.execPath)}:/bin:/usr/bin`, ...env },
  });
}

const given = { URL: "http://a", WEIR_JWT_SECRET_FILE: secretFile };

test("k6 gets the bundled scenario, the settings, the secret and where to leave its page; its exit code is ours", () => {
  expect(load({ ...given, SCENARIO: "smoke", SCALE: "2", REPORT: "out.html" }).status).toBe(99);
  const [args, ...variables] = readFileSync(called, "utf8").trim().split("\n");
  expect(args).toMatch(/^run --include-system-env-vars .*dist\/loadtests\/smoke\.js$/);
  expect(readFileSync(args?.split(" ").pop() ?? "", "utf8")).toContain("k6/websockets");
  expect(variables).toEqual([
    "URL=http://a",
    "WEIR_JWT_SECRET=s3cret",
    "SCALE=2",
    "K6_WEB_DASHBOARD=true",
    "K6_WEB_DASHBOARD_EXPORT=out.html",
  ]);
});

test.each([
  ["without a k6 it says how to install it", given, /^k6 is not on the PATH; install k6 .*\n$/],
  ["without a place to go", { WEIR_JWT_SECRET: "s" }, /^URL is not set.*\n$/],
  ["without a secret", { URL: "http://a" }, /^WEIR_JWT_SECRET or WEIR_JWT_SECRET_FILE is not set.*\n$/],
  ["with a scenario that there is not", { ...given, SCENARIO: "flood" }, /^no scenario flood: there are .*steady\n$/],
])("%s it ends with one line", (_name, env, line) => {
  const { status, stderr, stdout } = load(env, "/nowhere");
  expect([status, stdout]).toEqual([2, ""]);
  expect(stderr).toMatch(line);
});
