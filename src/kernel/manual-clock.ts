import type { Clock } from "./clock.ts";

interface Alarm {
  readonly at: number;
  readonly order: number;
  readonly ring: () => void;
}

/** A clock that stands still until `advance`, for tests. Alarms ring in time order, first set first. */
export class ManualClock implements Clock {
  #elapsed = 0;
  #order = 0;
  readonly #alarms = new Set<Alarm>();
  readonly #start: number;

  constructor(start = 1_700_000_000_000) {
    this.#start = start;
  }

  now(): number {
    return this.#start + this.#elapsed;
  }

  monotonic(): number {
    return this.#elapsed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = this.schedule(ms, resolve);
      signal?.addEventListener("abort", () => (cancel(), resolve()), { once: true });
    });
  }

  schedule(ms: number, run: () => void): () => void {
    const alarm: Alarm = { at: this.#elapsed + ms, order: this.#order++, ring: run };
    this.#alarms.add(alarm);
    return () => this.#alarms.delete(alarm);
  }

  /** Moves time by `ms`, ringing what falls due, and lets promise callbacks run before, between and after. */
  async advance(ms: number): Promise<void> {
    await settle();
    const end = this.#elapsed + ms;
    for (let next = this.#nextDue(end); next !== undefined; next = this.#nextDue(end)) {
      this.#alarms.delete(next);
      this.#elapsed = Math.max(this.#elapsed, next.at);
      next.ring();
      await settle();
    }
    this.#elapsed = end;
    await settle();
  }

  #nextDue(end: number): Alarm | undefined {
    return [...this.#alarms].filter((a) => a.at <= end).sort((a, b) => a.at - b.at || a.order - b.order)[0];
  }
}

/** Lets every promise callback that is ready run, including those that follow from them. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
