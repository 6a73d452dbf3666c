import { comparePositions, covers, type Position } from "../chat/position.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Connection } from "./ports.ts";

export interface StoredNewsOptions {
  readonly room: string;
  /** How long a mark waits for messages that it can go with, ms. */
  readonly patienceMs: number;
  readonly clock: Clock;
}

/**
 * Tells of what is in the store. A frame costs each member a system call, so the mark goes with the room's next messages; who waits for
 * it, as the author of an entry does, is told by itself where none come in time.
 */
export class StoredNews {
  #mark: Position = { epoch: "0", seq: 0 };
  /** What all members were told. */
  #told = this.#mark;
  /** Who waits, and for which place. */
  readonly #waiting = new Map<Connection, Position>();
  #isDue = false;
  readonly #options: StoredNewsOptions;

  constructor(options: StoredNewsOptions) {
    this.#options = options;
  }

  /** Everything up to `mark` is stored. */
  raise(mark: Position): void {
    if (comparePositions(mark, this.#mark) > 0) this.#mark = mark;
    this.#plan();
  }

  /** The connection wants to hear when everything up to `place` is stored; of several, only of the highest, for that tells of the others. */
  wait(connection: Connection, place: Position): void {
    if (covers(this.#told, place)) return;
    const waiting = this.#waiting.get(connection);
    if (waiting === undefined || comparePositions(place, waiting) > 0) this.#waiting.set(connection, place);
    this.#plan();
  }

  forget(connection: Connection): void {
    this.#waiting.delete(connection);
  }

  /** The mark for a frame that goes to all members now; undefined where they know it. */
  take(): Position | undefined {
    if (!this.#isNew()) return undefined;
    this.#told = this.#mark;
    this.#satisfied();
    return this.#mark;
  }

  #plan(): void {
    if (this.#isDue || !this.#isNew() || this.#waiting.size === 0) return;
    this.#isDue = true;
    this.#options.clock.schedule(this.#options.patienceMs, () => this.#tell());
  }

  #isNew(): boolean {
    return this.#mark.seq > 0 && comparePositions(this.#mark, this.#told) > 0;
  }

  #tell(): void {
    this.#isDue = false;
    const { room } = this.#options;
    for (const connection of this.#satisfied()) connection.send("stored", { room, ...this.#mark });
  }

  /** Those who waited for no more than the mark, and do no longer. */
  #satisfied(): readonly Connection[] {
    const satisfied = [...this.#waiting]
      .filter(([, place]) => covers(this.#mark, place))
      .map(([connection]) => connection);
    for (const connection of satisfied) this.#waiting.delete(connection);
    return satisfied;
  }
}
