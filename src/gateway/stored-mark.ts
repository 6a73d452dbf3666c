import { ChatError } from "../protocol/errors.ts";

interface Waiter {
  readonly seq: number;
  readonly done: (error?: Error) => void;
}

/** How far a room is stored, and who waits for more. */
export class StoredMark {
  #seq = 0;
  readonly #waiters = new Set<Waiter>();

  get seq(): number {
    return this.#seq;
  }

  /** Whether the mark rose. */
  raise(seq: number): boolean {
    if (seq <= this.#seq) return false;
    this.#seq = seq;
    for (const waiter of this.#waiters) if (waiter.seq <= seq) waiter.done();
    return true;
  }

  /** Resolves when the mark reaches `seq`; rejects with TIMEOUT when the signal aborts, with UNAVAILABLE when the mark closes. */
  reached(seq: number, signal: AbortSignal): Promise<void> {
    if (seq <= this.#seq) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const giveUp = (): void => waiter.done(new ChatError("TIMEOUT", "not stored in time"));
      const done = (error?: Error): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener("abort", giveUp);
        if (error === undefined) resolve();
        else reject(error);
      };
      const waiter: Waiter = { seq, done };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", giveUp);
    });
  }

  close(): void {
    for (const waiter of this.#waiters) waiter.done(new ChatError("UNAVAILABLE", "the room was closed here"));
  }
}
