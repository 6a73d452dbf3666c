import type { Clock } from "../../../src/kernel/clock.ts";

/** From when on, by the clock itself, and for how long a process runs no code at all. */
export interface Stall {
  readonly at: number;
  readonly ms: number;
}

/** The clock of a process whose event loop stands still now and then: what falls due meanwhile happens when it goes on. */
export function stallingClock(clock: Clock, stalls: readonly Stall[]): Clock {
  const schedule = (ms: number, run: () => void): (() => void) => {
    const ring = (): void => {
      const now = clock.monotonic();
      const stall = stalls.find(({ at, ms: length }) => now >= at && now < at + length);
      if (stall === undefined) run();
      else cancel = clock.schedule(stall.at + stall.ms - now, ring);
    };
    let cancel = clock.schedule(ms, ring);
    return () => cancel();
  };
  const sleep = (ms: number, signal?: AbortSignal): Promise<void> => {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = schedule(ms, resolve);
      signal?.addEventListener("abort", () => (cancel(), resolve()), { once: true });
    });
  };
  return { now: () => clock.now(), monotonic: () => clock.monotonic(), sleep, schedule };
}
