import { beforeEach, expect, test } from "vitest";
import { Canary } from "../../../src/canary/canary.ts";
import { CanaryPass } from "../../../src/canary/pass.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { Readiness } from "../../../src/lifecycle/health.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics, type Metrics } from "../../../src/telemetry/metrics.ts";
import { FakeGateway } from "./fake-gateway.ts";

const everyMs = 10_000;

let clock: ManualClock;
let gateway: FakeGateway;
let readiness: Readiness;
let metrics: Metrics;
let canary: Canary;

beforeEach(() => {
  clock = new ManualClock();
  gateway = new FakeGateway();
  readiness = new Readiness();
  readiness.started();
  metrics = createMetrics({ processMetrics: false });
  canary = new Canary({
    user: "us",
    pass: new CanaryPass({ user: "us", newSecret: () => "secret", clock }),
    url: () => "http://127.0.0.1:1",
    dial: gateway.dial,
    everyMs,
    readiness,
    metrics,
    logger: silentLogger,
    clock,
    random: () => 0.5,
  });
});

async function sample(series: string): Promise<number> {
  const { text } = await metrics.scrape();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

const failures = (leg: string, cause: string): Promise<number> =>
  sample(`weir_canary_failures_total{leg="${leg}",cause="${cause}"}`);

const isReady = (): boolean => readiness.current().ready;

/** Seconds until readiness is as told, looked at each second. */
async function secondsUntil(ready: boolean): Promise<number> {
  for (let seconds = 0; seconds < 300; seconds++) {
    if (isReady() === ready) return seconds;
    await clock.advance(1_000);
  }
  throw new Error(`readiness does not become ${ready}`);
}

test("a gateway is ready when its canary has come through once, and every leg of that is measured", async () => {
  gateway.faults = { connect: "silent" };
  await canary.start();
  expect(isReady()).toBe(false);
  await clock.advance(20_000);
  expect(isReady()).toBe(false);
  gateway.faults = {};
  await clock.advance(10_000);
  expect(isReady()).toBe(true);
  for (const leg of ["connect", "join", "send", "deliver", "stored", "history"])
    expect(await sample(`weir_canary_seconds_count{leg="${leg}"}`)).toBeGreaterThan(0);
  expect(await failures("connect", "broken")).toBeGreaterThan(0);
});

test("it sends one message each interval, and its age says when the last came through", async () => {
  await canary.start();
  await clock.advance(60_000);
  expect(gateway.sends).toBe(7);
  await clock.advance(4_000);
  expect(await sample('weir_canary_age_seconds{part="live"}')).toBe(4);
  expect(await sample('weir_canary_age_seconds{part="stored"}')).toBe(4);
});

test("a feed that hangs ends readiness after some rounds and not after one, and two rounds that come through bring it back", async () => {
  await canary.start();
  await clock.advance(1_000);
  gateway.faults = { deliver: "silent" };
  await clock.advance(20_000);
  expect(isReady()).toBe(true);
  const gone = await secondsUntil(false);
  expect(20 + gone).toBeGreaterThan(30);
  expect(20 + gone).toBeLessThan(60);
  expect(await failures("deliver", "broken")).toBeGreaterThan(2);
  gateway.faults = {};
  const before = gateway.sends;
  expect(await secondsUntil(true)).toBeLessThan(12);
  expect(gateway.sends - before).toBe(2);
});

test.each([
  ["connects to nothing", { connect: "silent" }],
  ["has no log to join with", { join: "UNAVAILABLE" }],
  ["does not answer a join", { join: "silent" }],
  ["does not know itself", { send: "FORBIDDEN", deliver: "silent" }],
] as const)("readiness ends where a gateway %s", async (_what, faults) => {
  await canary.start();
  await clock.advance(1_000);
  gateway.faults = { ...faults };
  expect(await secondsUntil(false)).toBeGreaterThan(30);
});

test.each([
  ["the store is gone", { stored: "silent" }, "stored", "broken"],
  ["the store can't be read", { history: "UNAVAILABLE" }, "history", "refused"],
  ["acknowledgements wait for a store that is gone", { send: "silent", stored: "silent" }, "send", "broken"],
  ["the buffer is full", { send: "OVERLOADED", deliver: "silent" }, "send", "refused"],
  ["no replica has what was sent", { send: "UNAVAILABLE", deliver: "silent" }, "send", "refused"],
  ["the gateway lets nobody in", { connect: "OVERLOADED" }, "connect", "refused"],
] as const)("readiness does not end where %s, and the leg is counted", async (_what, faults, leg, cause) => {
  await canary.start();
  await clock.advance(1_000);
  gateway.faults = { ...faults };
  for (let seconds = 0; seconds < 200; seconds++) {
    await clock.advance(1_000);
    expect(isReady()).toBe(true);
  }
  expect(await failures(leg, cause)).toBeGreaterThan(2);
  expect(await sample('weir_canary_age_seconds{part="stored"}')).toBeGreaterThan(190);
});

test("a round that comes through counts once towards readiness, also where its store fails", async () => {
  await canary.start();
  await clock.advance(1_000);
  gateway.faults = { deliver: "silent" };
  await secondsUntil(false);
  gateway.faults = { history: "UNAVAILABLE" };
  const before = gateway.sends;
  await secondsUntil(true);
  expect(gateway.sends - before).toBe(2);
});

test("another message than the one that was sent is no proof that it can be read back", async () => {
  gateway.shown = "another";
  await canary.start();
  await clock.advance(1_000);
  expect(await failures("history", "broken")).toBe(1);
});

test("what is stored in another room says nothing about the canary's", async () => {
  gateway.faults = { stored: "silent" };
  await canary.start();
  await clock.advance(1_000);
  gateway.push("stored", { room: "lobby", seq: 1_000 });
  await clock.advance(14_000);
  expect(await failures("stored", "broken")).toBe(1);
});

test("the connection of one round stays until the next is in the room, so that nothing is missed between them", async () => {
  await canary.start();
  await clock.advance(35_000);
  expect({ open: gateway.open, most: gateway.most }).toEqual({ open: 1, most: 2 });
  gateway.faults = { join: "silent" };
  for (let seconds = 0; seconds < 60; seconds++) {
    await clock.advance(1_000);
    expect(gateway.open).toBeGreaterThan(0);
  }
  expect(gateway.most).toBe(2);
});

test("when the gateway drains, the canary leaves at once and comes back no more", async () => {
  await canary.start();
  await clock.advance(12_000);
  await canary.drain();
  expect(gateway.open).toBe(0);
  const { sends } = gateway;
  await clock.advance(60_000);
  expect(gateway.sends).toBe(sends);
});

test("a stop in the middle of a round ends it without counting a failure", async () => {
  gateway.faults = { deliver: "silent" };
  await canary.start();
  await clock.advance(1_000);
  await canary.stop();
  expect(await failures("deliver", "broken")).toBe(0);
});
