import type { SlowMode, Turn } from "../../gateway/slow-mode.ts";
import type { Clock } from "../../kernel/clock.ts";

interface Taken {
  readonly id: string;
  /** Monotonic ms. */
  readonly at: number;
  readonly everyMs: number;
}

/** Turns of the users of one process. */
export class MemorySlowMode implements SlowMode {
  readonly #clock: Clock;
  /** The last turn of each user in each room; taken last, last in line. */
  readonly #turns = new Map<string, Taken>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  take({ room, user, id, everyMs }: Turn): Promise<number> {
    const now = this.#clock.monotonic();
    const key = JSON.stringify([room, user]);
    const last = this.#turns.get(key);
    if (last !== undefined && now - last.at < everyMs)
      return Promise.resolve(last.id === id ? 0 : Math.ceil(last.at + everyMs - now));
    this.#turns.delete(key);
    this.#turns.set(key, { id, at: now, everyMs });
    this.#forget(now);
    return Promise.resolve(0);
  }

  /** Two of the oldest at a time: more go than come. */
  #forget(now: number): void {
    let looked = 0;
    for (const [key, { at, everyMs }] of this.#turns) {
      if (looked++ === 2) return;
      if (now - at >= everyMs) this.#turns.delete(key);
    }
  }
}
