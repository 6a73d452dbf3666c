import { comparePositions, covers, type Position } from "../chat/position.ts";
import { ChatError } from "../protocol/errors.ts";

interface Waiter {
  readonly place: Position;
  readonly done: (outcome: Position | Error) => void;
}

/** How far a room is stored, and who waits for more. */
export class StoredMark {
  #mark: Position = { epoch: "0", seq: 0 };
  readonly #waiters = new Set<Waiter>();

  get position(): Position {
    return this.#mark;
  }

  /** Whether the mark rose. In a new epoch it may begin with a lower seq. */
  raise(mark: Position): boolean {
    if (comparePositions(mark, this.#mark) <= 0) return false;
    this.#mark = mark;
    for (const waiter of this.#waiters) if (covers(mark, waiter.place)) waiter.done(mark);
    return true;
  }

  /**
   * Resolves with the mark once it covers `place`. A mark of the same epoch says that the entry is stored; one of a later epoch
   * says nothing about the entry. Rejects with TIMEOUT when the signal aborts, with UNAVAILABLE when the mark closes.
   */
  reached(place: Position, signal: AbortSignal): Promise<Position> {
    if (covers(this.#mark, place)) return Promise.resolve(this.#mark);
    return new Promise((resolve, reject) => {
      const giveUp = (): void => waiter.done(new ChatError("TIMEOUT", "not stored in time"));
      const done = (outcome: Position | Error): void => {
        this.#waiters.delete(waiter);
        signal.removeEventListener("abort", giveUp);
        if (outcome instanceof Error) reject(outcome);
        else resolve(outcome);
      };
      const waiter: Waiter = { place, done };
      this.#waiters.add(waiter);
      signal.addEventListener("abort", giveUp);
    });
  }

  close(): void {
    for (const waiter of this.#waiters) waiter.done(new ChatError("UNAVAILABLE", "the room was closed here"));
  }
}
