import { expect, test } from "vitest";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { Readiness } from "../../../src/lifecycle/health.ts";
import type { Service } from "../../../src/lifecycle/service.ts";
import { StoppedEarly, Supervisor } from "../../../src/lifecycle/supervisor.ts";
import { DependencyWatch } from "../../../src/lifecycle/watch.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";

function recorded(heard: string[], name: string, rest: Partial<Service> = {}): Service {
  const hear = (step: string) => async (): Promise<void> => void heard.push(`${step} ${name}`);
  return { name, start: hear("start"), drain: hear("drain"), stop: hear("stop"), ...rest };
}

const budget = { drainMs: 1_000, stopMs: 1_000 };

test("services start in order, drain together, and stop in reverse", async () => {
  const heard: string[] = [];
  const supervisor = new Supervisor([recorded(heard, "log"), recorded(heard, "gateway")], silentLogger);
  await supervisor.start();
  await Promise.all([supervisor.stop(budget), supervisor.stop(budget)]);
  expect(heard).toEqual(["start log", "start gateway", "drain log", "drain gateway", "stop gateway", "stop log"]);
});

test("a start that fails stops what had started and says why", async () => {
  const heard: string[] = [];
  const broken = recorded(heard, "broken", { start: () => Promise.reject(new Error("port in use")) });
  const supervisor = new Supervisor([recorded(heard, "log"), broken, recorded(heard, "never")], silentLogger);
  await expect(supervisor.start()).rejects.toThrow("port in use");
  expect(heard).toEqual(["start log", "stop broken", "stop log"]);
});

test("a stop while one starts is the end of the start: what follows never begins, and what just began is stopped", async () => {
  const heard: string[] = [];
  const [reached, begun] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const slow = recorded(heard, "slow", {
    start: async () => {
      reached.resolve();
      await begun.promise;
      heard.push("start slow");
    },
  });
  const supervisor = new Supervisor([recorded(heard, "log"), slow, recorded(heard, "never")], silentLogger);
  const starting = supervisor.start();
  await reached.promise;
  await supervisor.stop({ drainMs: 0, stopMs: 1_000 });
  begun.resolve();
  await expect(starting).rejects.toThrow(StoppedEarly);
  expect(heard).toEqual(["start log", "stop slow", "stop log", "start slow", "stop slow"]);
});

test("a start that a stop makes fail is no fault", async () => {
  const begun = Promise.withResolvers<void>();
  const aborted = recorded([], "aborted", {
    start: () => begun.promise,
    stop: async () => begun.reject(new Error("closed")),
  });
  const supervisor = new Supervisor([aborted], silentLogger);
  const starting = supervisor.start();
  const stopping = supervisor.stop(budget);
  await expect(starting).rejects.toThrow(StoppedEarly);
  await stopping;
});

test("one that fails or hangs at its stop does not keep the others", async () => {
  const heard: string[] = [];
  const hangs = recorded(heard, "hangs", { stop: () => new Promise(() => {}) });
  const throws = recorded(heard, "throws", { stop: () => Promise.reject(new Error("no")) });
  const supervisor = new Supervisor([recorded(heard, "log"), hangs, throws], silentLogger);
  await supervisor.start();
  await supervisor.stop({ drainMs: 0, stopMs: 1 });
  expect(heard.at(-1)).toBe("stop log");
});

test("readiness holds until every objection is taken back", () => {
  const readiness = new Readiness();
  expect(readiness.current()).toEqual({ ready: false, reason: "starting" });
  readiness.started();
  expect(readiness.current()).toEqual({ ready: true });
  readiness.object("drain", "draining");
  readiness.object("log", "redis does not answer");
  readiness.clear("log");
  expect(readiness.current()).toEqual({ ready: false, reason: "draining" });
});

test("a dependency must fail twice in a row to take readiness away, each time, and one answer gives it back", async () => {
  const clock = new ManualClock();
  const readiness = new Readiness();
  readiness.started();
  let up = true;
  const ping = async (): Promise<void> => {
    if (!up) throw new Error("down");
  };
  const watch = new DependencyWatch({ dependency: { name: "redis", ping }, readiness, clock });
  await watch.start();
  up = false;
  await clock.advance(1_000);
  expect(readiness.current().ready).toBe(true);
  await clock.advance(1_000);
  expect(readiness.current()).toEqual({ ready: false, reason: "redis does not answer" });
  up = true;
  await clock.advance(1_000);
  expect(readiness.current().ready).toBe(true);
  up = false;
  await clock.advance(1_000);
  expect(readiness.current().ready).toBe(true);
  await clock.advance(1_000);
  expect(readiness.current().ready).toBe(false);
  await watch.stop();
});
