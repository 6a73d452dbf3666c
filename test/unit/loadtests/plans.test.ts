import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { loadMetrics, seriesOf } from "../../../loadtests/lib/load-metrics.ts";
import { type Plan, plans } from "../../../loadtests/lib/plans.ts";
import { stretched } from "../../../loadtests/lib/resize.ts";
import { runOptions } from "../../../loadtests/lib/run-options.ts";
import { ServerWatch } from "../../../loadtests/lib/server-watch.ts";
import { readSettings } from "../../../loadtests/lib/settings.ts";
import { executorOf } from "../../../loadtests/lib/stages.ts";
import { summaryOf } from "../../../loadtests/lib/summary.ts";
import { signToken } from "../../../loadtests/lib/token.ts";
import { scenarioNames } from "../../../scripts/bundled-loadtests.ts";
import { createTokenVerifier } from "../../../src/adapters/jose/token-verifier.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { Measured, nodeCrypto } from "../../harness/load-world.ts";

const environment = { URL: "http://a, http://b/", WEIR_JWT_SECRET: "s", METRICS: "http://a:3001/metrics" };
const all: readonly (readonly [string, Plan])[] = Object.entries(plans);

test("every plan has a scenario of its name, and every scenario a plan", () => {
  expect(scenarioNames().sort()).toEqual(Object.keys(plans).sort());
});

test("docs/load-testing.md tells of every scenario and of everything that is measured", () => {
  const page = readFileSync("docs/load-testing.md", "utf8");
  expect(Object.keys(plans).filter((name) => !page.includes(`| \`${name}\` |`))).toEqual([]);
  expect(Object.keys(loadMetrics).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

describe.each(all)("the plan %s", (_name, plan) => {
  const options = runOptions(plan, readSettings(environment));

  test("stops at a loss, a repeat or disorder, and wants that something was delivered", () => {
    for (const name of ["chat_lost", "chat_missing", "chat_duplicated", "chat_out_of_order"] as const)
      expect(options.thresholds[name]).toEqual([{ threshold: "count==0", abortOnFail: true }]);
    expect(options.thresholds.chat_delivered).toEqual([{ threshold: "count>0", abortOnFail: false }]);
    const late = [{ threshold: "p(99)<250", abortOnFail: true, delayAbortEval: "60s" }];
    expect(options.thresholds.chat_delivery_duration).toEqual(plan.judgesLatency ? late : undefined);
  });

  test("stays under what a room and a user may send in a second", () => {
    const { party, arrivals } = plan.chat;
    expect(party.perSecond / party.senders).toBeLessThan(5);
    const executor = executorOf(arrivals, party.seconds);
    const parties = "vus" in executor ? executor.vus : executor.preAllocatedVUs;
    expect((parties * party.perSecond) / party.rooms).toBeLessThanOrEqual(50);
  });

  test("gives the last party the time to go", () => {
    const grace = Number(options.scenarios["chat"]?.gracefulStop?.replace("s", ""));
    expect(grace).toBeGreaterThan(plan.chat.party.seconds + plan.chat.party.patienceSeconds);
  });
});

test("arrivals are open: a rate that does not wait for who is there, with users enough for how long they stay", () => {
  const steady = executorOf({ kind: "steady", perMinute: 30, seconds: 300 }, 75, 2);
  expect(steady).toEqual({
    executor: "constant-arrival-rate",
    rate: 60,
    timeUnit: "1m",
    duration: "300s",
    preAllocatedVUs: 91,
    maxVUs: 182,
  });
  const ramp = executorOf({ kind: "ramp", perMinute: [60, 120], rampSeconds: 5, holdSeconds: 10 }, 10);
  expect(ramp).toMatchObject({
    executor: "ramping-arrival-rate",
    stages: [
      { target: 60, duration: "5s" },
      { target: 60, duration: "10s" },
      { target: 120, duration: "5s" },
      { target: 120, duration: "10s" },
    ],
  });
});

test("a stretched plan goes on for longer and comes as fast", () => {
  const longer = stretched(plans.steady, 2);
  expect(longer.chat.party.seconds).toBe(120);
  expect(longer.chat.arrivals).toEqual({ kind: "steady", perMinute: 30, seconds: 600 });
});

describe("settings", () => {
  test("take several gateways and name what is missing or wrong", () => {
    expect(readSettings(environment).urls).toEqual(["http://a", "http://b"]);
    expect(() => readSettings({ WEIR_JWT_SECRET: "s" })).toThrow("URL is not set");
    expect(() => readSettings({ URL: "http://a" })).toThrow("WEIR_JWT_SECRET is not set");
    expect(() => readSettings({ ...environment, SCALE: "none" })).toThrow("SCALE=none: a number above 0");
    expect(() => readSettings({ ...environment, RUN: "a b" })).toThrow("RUN=a b");
  });

  test("let users of k6 keep their cookies only where that is asked for", () => {
    expect(runOptions(plans.smoke, readSettings(environment)).noCookiesReset).toBe(false);
    expect(runOptions(plans.smoke, readSettings({ ...environment, COOKIES: "keep" })).noCookiesReset).toBe(true);
  });
});

test("a token is one that a gateway takes", async () => {
  const secret = "long enough to be a secret of HS256";
  const verifier = createTokenVerifier({ keys: { secrets: [secret] }, defaultGrants: [], clock: systemClock });
  const principal = await verifier.verify(signToken(nodeCrypto, secret, "ada", systemClock.now()));
  expect(principal.id).toBe("ada");
});

test("the server's figures are of all gateways or of none, and a restart is no negative use", () => {
  const measured = new Measured();
  const watch = new ServerWatch(measured.meter);
  const said = (cpu: number): string => `process_cpu_seconds_total ${cpu}\nprocess_resident_memory_bytes 100\n`;
  watch.look([said(10), said(20)], 0);
  watch.look([said(11), said(20)], 2_000);
  watch.look([said(12), ""], 4_000);
  watch.look([said(1), said(20)], 6_000);
  watch.look([said(1), said(21)], 8_000);
  expect(measured.of("chat_server_cpu_cores")).toEqual([0.5, 0.5]);
  expect(measured.of("chat_server_memory_bytes")).toEqual([200, 200, 200, 200]);
});

test("series are named as k6 writes them to Prometheus", () => {
  expect(seriesOf("chat_lost", loadMetrics.chat_lost.kind)).toEqual(["k6_chat_lost_total"]);
  expect(seriesOf("chat_server_cpu_cores", "gauge")).toEqual(["k6_chat_server_cpu_cores"]);
  expect(seriesOf("chat_ack_duration", "trend")).toEqual([
    "k6_chat_ack_duration_p50",
    "k6_chat_ack_duration_p95",
    "k6_chat_ack_duration_p99",
    "k6_chat_ack_duration_max",
  ]);
});

test("the end of a test is a table of the figures and the thresholds, kept or not", () => {
  const text = summaryOf("steady", {
    state: { testRunDurationMs: 10_000 },
    metrics: {
      chat_handshakes: { values: { count: 50, rate: 5 } },
      chat_delivery_duration: { values: { med: 1, "p(95)": 2, "p(99)": 3, max: 4 } },
      chat_lost: { values: { count: 2 }, thresholds: { "count==0": { ok: false } } },
      chat_server_cpu_cores: { values: { value: 0.1, min: 0.1, max: 0.5 } },
    },
  });
  expect(text).toMatch(/handshakes per second +\| +5\.0 \|/);
  expect(text).toMatch(/emission to delivery[^|]*\| 1\.0 \/ 2\.0 \/ 3\.0 \/ 4\.0 \|/);
  expect(text).toMatch(/lost: accepted, not stored +\| +2 \|/);
  expect(text).toMatch(/server CPU, cores +\| +0\.50 \|/);
  expect(text).toContain("✗ chat_lost: count==0");
});
