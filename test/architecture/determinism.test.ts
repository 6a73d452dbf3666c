import { globSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import config from "../../vitest.config.ts";
import { paceReasons } from "../harness/pace.ts";
import { runSeed } from "../harness/run-seed.ts";

const here = "test/architecture/determinism.test.ts";
const files = globSync("test/**/*.ts", { exclude: [here] }).map((path) => ({ path, text: readFileSync(path, "utf8") }));

/** Paths of files whose text matches. */
function having(pattern: RegExp, among = files): string[] {
  return among.filter(({ text }) => pattern.test(text)).map(({ path }) => path);
}

/** What the harness times by the clock, each with its reason; tests await conditions, or say with `lasting` how long a fault or a silence is. */
const timers: Readonly<Record<string, string>> = {
  "test/harness/cluster-agent-load.ts": "counts arrivals per second",
  "test/harness/crowd.ts": "sends at a rate, and keeps to `retryAfterMs`",
  "test/harness/elector-main.ts": "writes at a rate while it leads",
  "test/harness/fault-proxy.ts": "delays bytes",
  "test/harness/felt-storm.ts": "measures round trips of a calm time before the storm",
  "test/harness/load-client.ts": "retries with the pauses of a client",
  "test/harness/load-world.ts": "is the clock of the load tests' journeys",
  "test/harness/load.ts": "sends at a rate",
  "test/harness/pinger.ts": "pings at a rate",
  "test/harness/soak.ts": "lets a fault or a silence last",
  "test/harness/stock-load.ts": "sends at a rate",
  "test/harness/storm.ts": "reconnects with the pauses of stock Socket.IO",
  "test/harness/until.ts": "asks for a condition again",
  "test/integration/hostile-handshake.test.ts": "checks a token slowly",
  "test/mutants/trial.ts": "ends a stage that hangs",
};

test("no test waits by the clock, but for those that are named with a reason", () => {
  const waits =
    /import \{ [^}]*setTimeout[^}]* \} from "node:timers\/promises"|^\s*[^"\n]*\b(setTimeout\(|systemClock\.sleep\()/m;
  const found = having(waits).filter((path) => !path.startsWith("test/unit/kernel/"));
  const intervals = having(/\bsetInterval\(/).filter((path) => path.startsWith("test/harness/"));
  expect([...new Set([...found, ...intervals])].sort()).toEqual(Object.keys(timers).sort());
});

test("chance comes from the seed of the run: no test calls Math.random", () => {
  expect(having(/Math\.random/)).toEqual([]);
});

test("every property starts from the seed of the run, which a failure prints", () => {
  expect(fc.readConfigureGlobal()).toMatchObject({ seed: runSeed() });
  expect(config.test?.setupFiles).toEqual(["test/harness/seed-properties.ts"]);
  expect(config.test?.projects?.every((project) => typeof project === "object" && "extends" in project)).toBe(true);
  expect(having(/fc\.(assert|check)\([^;]*\bseed:|resetConfigureGlobal/)).toEqual([]);
});

test("a test is tried again for an assertion about pace alone, and each reason is one of some test", () => {
  expect(config.test).not.toHaveProperty("retry");
  expect(having(/\bretry: (\d|\{)/)).toEqual(["test/harness/pace.ts"]);
  const paced = having(/\bonPaceOnly\b/).filter((path) => path.endsWith(".test.ts"));
  expect(having(/\bbyPace\(/).filter((path) => path.endsWith(".test.ts"))).toEqual(paced);
  for (const reason of paceReasons) expect(having(new RegExp(`byPace\\("${reason}"\\)`))).not.toEqual([]);
});
