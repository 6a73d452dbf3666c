import { expect, test } from "vitest";
import { type LoadSample, loadRules, loadSampleMs, noShedding } from "../../../src/gateway/load-level.ts";
import { LoadShedding } from "../../../src/gateway/load-shedding.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { Readiness } from "../../../src/lifecycle/health.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { createRig } from "./gateway-rig.ts";

const idle: LoadSample = { loopDelayMs: 1, loopBusy: 0.1, memory: 0.3 };

interface Shed {
  readonly load: LoadShedding;
  readonly readiness: Readiness;
  /** Lives through this many samples of this load. */
  readonly live: (samples: number, sample?: Partial<LoadSample>) => Promise<void>;
  readonly scrape: () => Promise<string>;
}

async function startShedding(): Promise<Shed> {
  const clock = new ManualClock();
  const readiness = new Readiness();
  const metrics = createMetrics({ processMetrics: false });
  let sample = idle;
  const options = { measure: () => sample, rules: loadRules(50), readiness, clock, metrics, logger: silentLogger };
  const load = new LoadShedding(options);
  readiness.started();
  await load.start();
  return {
    load,
    readiness,
    live: (samples, given = {}) => {
      sample = { ...idle, ...given };
      return clock.advance(samples * loadSampleMs);
    },
    scrape: async () => (await metrics.scrape()).text,
  };
}

test("readiness ends while the loop is overloaded and comes back by itself", async () => {
  const { load, readiness, live, scrape } = await startShedding();
  await live(3, { loopDelayMs: 700 });
  expect(readiness.current()).toEqual({ ready: false, reason: "the event loop is overloaded" });
  expect(await scrape()).toContain('weir_load_level{signal="loop_delay"} 3');
  await live(4);
  expect(readiness.current()).toEqual({ ready: true });
  await live(8);
  expect(load.current).toEqual(noShedding);
  await load.stop();
});

test("while there is almost no memory left, the slowest are closed at each look and counted", async () => {
  const { load, live, scrape } = await startShedding();
  load.whenCritical(() => 3);
  await live(2, { memory: 0.95 });
  expect(await scrape()).toContain('weir_shed_total{what="slowest"} 6');
  await live(10);
  expect(await scrape()).toContain('weir_shed_total{what="slowest"} 15');
  await load.stop();
});

test("a strained gateway answers typing and sends it to nobody; messages go on", async () => {
  let ephemeral = true;
  const rig = createRig({ load: () => ({ ...noShedding, ephemeral }) });
  const [alice, bob] = [rig.open("alice"), rig.open("bob")];
  await alice.ask("room:join", { room: "r" });
  await bob.ask("room:join", { room: "r" });
  expect(await alice.ask("typing:set", { room: "r", on: true })).toEqual({ ok: true });
  expect(await alice.ask("message:send", { room: "r", id: "m", text: "x" })).toMatchObject({ ok: true });
  expect(bob.pushes.map(({ event }) => event)).toEqual(["messages"]);
  ephemeral = false;
  await alice.ask("typing:set", { room: "r", on: true });
  expect(bob.pushes.map(({ event }) => event)).toEqual(["messages", "typing"]);
});
