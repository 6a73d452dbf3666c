import type { Clock } from "../kernel/clock.ts";

export interface TypingGateOptions {
  /** At most one event per key in this time, ms. */
  readonly everyMs: number;
  readonly clock: Clock;
}

interface Pace {
  sent: boolean;
  /** The latest state that was asked for since. */
  wanted: boolean;
  emit: (on: boolean) => void;
}

/** Thins out typing events: the first goes out at once, of those that follow too soon only the last, and only if it says something new. */
export class TypingGate {
  readonly #paces = new Map<string, Pace>();
  readonly #options: TypingGateOptions;

  constructor(options: TypingGateOptions) {
    this.#options = options;
  }

  /** @param key the user and the room */
  set(key: string, on: boolean, emit: (on: boolean) => void): void {
    const pace = this.#paces.get(key);
    if (pace === undefined) return this.#send(key, on, emit);
    pace.wanted = on;
    pace.emit = emit;
  }

  #send(key: string, on: boolean, emit: (on: boolean) => void): void {
    this.#paces.set(key, { sent: on, wanted: on, emit });
    emit(on);
    this.#options.clock.schedule(this.#options.everyMs, () => this.#windowOver(key));
  }

  #windowOver(key: string): void {
    const pace = this.#paces.get(key);
    this.#paces.delete(key);
    if (pace !== undefined && pace.wanted !== pace.sent) this.#send(key, pace.wanted, pace.emit);
  }
}
