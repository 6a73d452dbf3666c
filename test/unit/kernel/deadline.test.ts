import { expect, test } from "vitest";
import { withDeadline } from "../../../src/kernel/deadline.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { Semaphore } from "../../../src/kernel/semaphore.ts";
import { CountingClock } from "../../harness/counting-clock.ts";

const late = (): Error => new Error("late");

test("work that is done in time gives its result, is not aborted later, and leaves no timer behind", async () => {
  const clock = new CountingClock();
  let told: AbortSignal | undefined;
  const work = (signal: AbortSignal): Promise<number> => {
    told = signal;
    return Promise.resolve(1);
  };
  expect(await withDeadline({ clock, ms: 10, error: late }, work)).toBe(1);
  expect(clock.timers).toBe(0);
  await clock.advance(20);
  expect(told?.aborted).toBe(false);
});

test("work that takes too long is told, and its waiter gets the error", async () => {
  const clock = new ManualClock();
  let told = false;
  const waiting = withDeadline({ clock, ms: 10, error: late }, (signal) => {
    signal.addEventListener("abort", () => (told = true));
    return clock.sleep(1_000);
  });
  const outcome = expect(waiting).rejects.toThrow("late");
  await clock.advance(10);
  await outcome;
  expect(told).toBe(true);
});

test("a fault of the work is passed on, also one that is thrown at once", async () => {
  const clock = new ManualClock();
  const fault = (): Promise<never> => {
    throw new Error("fault");
  };
  await expect(withDeadline({ clock, ms: 10, error: late }, fault)).rejects.toThrow("fault");
});

test("a semaphore runs so many at a time, in the order of their coming, and faults free their slot", async () => {
  const clock = new ManualClock();
  const semaphore = new Semaphore(2);
  const done: number[] = [];
  let running = 0;
  let most = 0;
  const work = async (i: number): Promise<void> => {
    most = Math.max(most, ++running);
    await clock.sleep(10);
    running -= 1;
    done.push(i);
    if (i === 1) throw new Error("fault");
  };
  const all = Promise.allSettled(Array.from({ length: 5 }, (_, i) => semaphore.run(() => work(i))));
  for (let i = 0; i < 5; i++) await clock.advance(10);
  await all;
  expect({ done, most }).toEqual({ done: [0, 1, 2, 3, 4], most: 2 });
});

test("work whose signal aborts leaves the line, is never begun, and holds nobody up", async () => {
  const clock = new ManualClock();
  const semaphore = new Semaphore(1);
  const abort = new AbortController();
  const begun: string[] = [];
  const work = (name: string) => (): Promise<void> => {
    begun.push(name);
    return clock.sleep(10);
  };
  const first = semaphore.run(work("first"));
  const left = expect(semaphore.run(work("left"), abort.signal)).rejects.toThrow();
  const last = semaphore.run(work("last"));
  expect(semaphore.waiting).toBe(2);
  abort.abort();
  await left;
  expect(semaphore.waiting).toBe(1);
  for (let i = 0; i < 2; i++) await clock.advance(10);
  await Promise.all([first, last]);
  expect({ begun, waiting: semaphore.waiting }).toEqual({ begun: ["first", "last"], waiting: 0 });
});
