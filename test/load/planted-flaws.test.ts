import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { testSecret } from "../harness/deployment.ts";
import { flawedAllInOne, type OutletFlaw } from "../harness/outlet-flaws.ts";
import { WeirProcess } from "../harness/weir-process.ts";

const smoke = fileURLToPath(new URL("../../loadtests/artillery/main.ts", import.meta.url));

interface Ended {
  readonly code: number;
  readonly output: string;
  readonly faults: readonly string[];
}

/** `make load-smoke`, the steady scenario of it, against a server with a flaw. */
async function smokeAgainst(flaw: OutletFlaw): Promise<Ended> {
  const folder = await mkdtemp(join(tmpdir(), "weir-flawed-"));
  try {
    // Without a tail in the log the history comes from the store alone.
    const env = { FLAW: flaw, WEIR_DATA_DIR: folder, WEIR_JWT_SECRET: testSecret, WEIR_LOG_TAIL: "0" };
    await using server = await WeirProcess.start({ role: "all-in-one", env, script: flawedAllInOne });
    const opsUrl = `http://127.0.0.1:${server.opsPort}`;
    return await run({ URL: server.url, OPS_URL: opsUrl, WEIR_JWT_SECRET: testSecret });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function run(env: Readonly<Record<string, string>>): Promise<Ended> {
  return new Promise((resolve) => {
    execFile(process.execPath, [smoke, "steady"], { env: { ...process.env, ...env } }, (error, stdout, stderr) => {
      const output = stdout + stderr;
      const faults = [...stderr.matchAll(/^FAULT: steady: \d+ (.+)$/gm)].map((match) => match[1] ?? "");
      resolve({ code: error === null ? 0 : Number(error.code), output, faults });
    });
  });
}

test("the load test passes on a sound server", async () => {
  expect(await smokeAgainst("none")).toMatchObject({ code: 0, faults: [] });
});

test.each([
  ["drop", "leaves some messages out", "never came to a member who was in the room"],
  ["forget", "acknowledges some messages and does not store them", "acknowledged and not in the history"],
  ["repeat", "sends some messages twice", "came twice to a member"],
  ["swap", "sends some messages after the next one", "came out of order"],
] as const)("it fails on a server with the flaw '%s', which %s", async (flaw, _what, fault) => {
  const { code, faults, output } = await smokeAgainst(flaw);
  expect({ code, faults }, output).toEqual({ code: 1, faults: [fault] });
});
