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
  #mark = 0;
  /** What all members were told. */
  #told = 0;
  /** Who waits, and for which seq. */
  readonly #waiting = new Map<Connection, number>();
  #isDue = false;
  readonly #options: StoredNewsOptions;

  constructor(options: StoredNewsOptions) {
    this.#options = options;
  }

  /** Everything up to `seq` is stored. */
  raise(seq: number): void {
    this.#mark = Math.max(this.#mark, seq);
    this.#plan();
  }

  /** The connection wants to hear when everything up to `seq` is stored; of several, only of the highest, for that tells of the others. */
  wait(connection: Connection, seq: number): void {
    if (seq <= this.#told) return;
    this.#waiting.set(connection, Math.max(seq, this.#waiting.get(connection) ?? 0));
    this.#plan();
  }

  forget(connection: Connection): void {
    this.#waiting.delete(connection);
  }

  /** The mark for a frame that goes to all members now; undefined where they know it. */
  take(): number | undefined {
    if (this.#mark <= this.#told) return undefined;
    this.#told = this.#mark;
    this.#satisfied();
    return this.#mark;
  }

  #plan(): void {
    if (this.#isDue || this.#mark <= this.#told || this.#waiting.size === 0) return;
    this.#isDue = true;
    this.#options.clock.schedule(this.#options.patienceMs, () => this.#tell());
  }

  #tell(): void {
    this.#isDue = false;
    const { room } = this.#options;
    for (const connection of this.#satisfied()) connection.send("stored", { room, seq: this.#mark });
  }

  /** Those who waited for no more than the mark, and do no longer. */
  #satisfied(): readonly Connection[] {
    const satisfied = [...this.#waiting].filter(([, seq]) => seq <= this.#mark).map(([connection]) => connection);
    for (const connection of satisfied) this.#waiting.delete(connection);
    return satisfied;
  }
}
