import type { ClientClock } from "./client-clock.ts";

/** While someone goes on typing, it is said again after this time, ms: those who join meanwhile want to know too. */
const repeatMs = 3_000;

/** Turns key strokes into few requests. */
export class TypingSignal {
  readonly #clock: ClientClock;
  readonly #send: (on: boolean) => void;
  #saidAt: number | undefined;

  constructor(clock: ClientClock, send: (on: boolean) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  set(on: boolean): void {
    const now = this.#clock.monotonic();
    const said = this.#saidAt !== undefined;
    const fresh = this.#saidAt !== undefined && now - this.#saidAt < repeatMs;
    if (on === said && (!on || fresh)) return;
    this.#saidAt = on ? now : undefined;
    this.#send(on);
  }

  /** The connection is new: nothing that was said before holds. */
  forget(): void {
    this.#saidAt = undefined;
  }
}
