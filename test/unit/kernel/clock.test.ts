import { expect, onTestFinished, test, vi } from "vitest";
import { assertNever } from "../../../src/kernel/assert-never.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

test("a sleeper wakes when the manual clock passes its time, and not before", async () => {
  const clock = new ManualClock();
  const heard: string[] = [];
  void clock.sleep(100).then(() => heard.push("slept"));
  clock.schedule(50, () => heard.push("alarm"));
  const cancel = clock.schedule(60, () => heard.push("cancelled"));
  cancel();

  await clock.advance(99);
  expect(heard).toEqual(["alarm"]);
  await clock.advance(1);
  expect(heard).toEqual(["alarm", "slept"]);
  expect(clock.now()).toBe(1_700_000_000_100);
  expect(clock.monotonic()).toBe(100);
});

test("alarms set by alarms ring in the same advance, in order of their time", async () => {
  const clock = new ManualClock();
  const heard: number[] = [];
  clock.schedule(10, () => {
    heard.push(10);
    clock.schedule(5, () => heard.push(15));
  });
  clock.schedule(20, () => heard.push(20));
  await clock.advance(30);
  expect(heard).toEqual([10, 15, 20]);
});

test.each([
  ["manual", new ManualClock()],
  ["system", systemClock],
])("an abort ends a sleep on the %s clock at once, also one that comes before it", async (_name, clock) => {
  const abort = new AbortController();
  const sleeping = clock.sleep(3_600_000, abort.signal);
  abort.abort();
  await sleeping;
  await clock.sleep(3_600_000, abort.signal);
});

test("a sleep that is aborted leaves no timer behind", async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const abort = new AbortController();
  const sleeping = systemClock.sleep(3_600_000, abort.signal);
  expect(vi.getTimerCount()).toBe(1);
  abort.abort();
  await sleeping;
  expect(vi.getTimerCount()).toBe(0);
});

test("the system clock sleeps, rings and cancels", async () => {
  const before = systemClock.monotonic();
  const cancel = systemClock.schedule(0, () => expect.unreachable("was cancelled"));
  cancel();
  await new Promise<void>((resolve) => systemClock.schedule(1, resolve) && void systemClock.sleep(5));
  await systemClock.sleep(1);
  expect(systemClock.monotonic()).toBeGreaterThan(before);
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(60_000);
});

test("a value that no type allows is named in the error", () => {
  const intruder: unknown = { kind: "intruder" };
  expect(() => void Reflect.apply(assertNever, undefined, [intruder])).toThrow('unexpected value: {"kind":"intruder"}');
});
