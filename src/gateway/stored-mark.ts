import { comparePositions, covers, type Position } from "../chat/position.ts";
import { ChatError } from "../protocol/errors.ts";
import type { StoredBatch } from "../write-behind/index.ts";

/** What became of an entry that a mark covers. */
export interface StoredOutcome {
  readonly mark: Position;
  /** `unknown`: the mark does not say, because the news of its batch was missed or is over. */
  readonly entry: "stored" | "put aside" | "unknown";
}

interface Waiter {
  readonly place: Position;
  readonly done: (outcome: StoredOutcome | Error) => void;
}

/** How far a room is stored, and who waits for more. */
export class StoredMark {
  #mark: Position = { epoch: "0", seq: 0 };
  readonly #waiters = new Set<Waiter>();

  get position(): Position {
    return this.#mark;
  }

  /** Whether the mark rose. In a new epoch it may begin with a lower seq. */
  raise(mark: Position, batch?: StoredBatch): boolean {
    if (comparePositions(mark, this.#mark) <= 0) return false;
    this.#mark = mark;
    for (const waiter of this.#waiters)
      if (covers(mark, waiter.place)) waiter.done(outcomeOf(waiter.place, mark, batch));
    return true;
  }

  /**
   * Resolves once the mark covers `place`, with what the mark says of the entry. Rejects with TIMEOUT when the signal aborts, with UNAVAILABLE when the mark closes.
   */
  reached(place: Position, signal: AbortSignal): Promise<StoredOutcome> {
    if (covers(this.#mark, place)) return Promise.resolve(outcomeOf(place, this.#mark, undefined));
    return new Promise((resolve, reject) => {
      const giveUp = (): void => waiter.done(new ChatError("TIMEOUT", "not stored in time"));
      const done = (outcome: StoredOutcome | Error): void => {
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

/** A mark of a later epoch says nothing about the entry. */
function outcomeOf({ epoch, seq }: Position, mark: Position, batch: StoredBatch | undefined): StoredOutcome {
  if (batch === undefined || epoch !== mark.epoch || seq <= batch.after) return { mark, entry: "unknown" };
  return { mark, entry: batch.putAside.includes(seq) ? "put aside" : "stored" };
}
