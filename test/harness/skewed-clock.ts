import type { Clock } from "../../src/kernel/clock.ts";

/** A clock of another machine: it shares the world's time but runs at its own rate and shows another hour. */
export function skewedClock(world: Clock, rate: number, offsetMs: number): Clock {
  return {
    now: () => world.now() * rate + offsetMs,
    monotonic: () => world.monotonic() * rate + offsetMs,
    sleep: (ms, signal) => world.sleep(ms / rate, signal),
    schedule: (ms, run) => world.schedule(ms / rate, run),
  };
}
