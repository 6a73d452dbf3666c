import type { Entry } from "../../src/chat/entry.ts";
import { comparePositions, isNext, type Position } from "../../src/chat/position.ts";
import type { Op } from "./checker-journal.ts";
import { isEntries, isPosition } from "./load-wire.ts";

export interface LoadRoomOptions {
  readonly client: string;
  readonly room: string;
  readonly journal: (op: Op) => void;
  /** `room:join`; undefined when there was no good answer and it is to be tried again on the next connection. */
  readonly ask: (request: object) => Promise<Readonly<Record<string, unknown>> | undefined>;
}

const page = 200;

function isAfter(a: Position, b: Position): boolean {
  return comparePositions(a, b) > 0;
}

/** A room as one client sees it: keeps its place, notices holes, and asks for what it missed. */
export class LoadRoom {
  last: Position | undefined;
  /** The highest stored mark of each epoch. */
  readonly #marks = new Map<string, number>();
  readonly #options: LoadRoomOptions;
  #held: Entry[] = [];
  #syncing: Promise<boolean> | undefined;
  #again = false;

  constructor(options: LoadRoomOptions) {
    this.#options = options;
  }

  pushed(entries: readonly Entry[], storedSeq: unknown, storedEpoch: unknown): void {
    if (this.#syncing !== undefined) return void this.#held.push(...entries);
    if (!this.#take(entries)) return void this.sync();
    this.#mark(storedSeq, storedEpoch);
  }

  /** Everything of this epoch up to `seq` is in the store. */
  marked(seq: unknown, epoch: unknown): void {
    this.#mark(seq, epoch);
  }

  /** Joins and gets what was missed. Resolves to whether it is in the room and at its end. */
  sync(): Promise<boolean> {
    this.#again = true;
    this.#syncing ??= this.#run().finally(() => (this.#syncing = undefined));
    return this.#syncing;
  }

  async #run(): Promise<boolean> {
    while (this.#again) {
      this.#again = false;
      const after = this.last;
      const answer = await this.#options.ask(after === undefined ? { limit: page } : { after, limit: page });
      // Without an answer the connection is gone; the next one may have asked for this already.
      if (answer !== undefined) this.#again ||= !this.#caughtUp(answer);
      else if (!this.#again) return false;
    }
    return true;
  }

  #caughtUp(answer: Readonly<Record<string, unknown>>): boolean {
    const { entries, head, gap, more, storedSeq, storedEpoch } = answer;
    if (!isEntries(entries) || !isPosition(head)) throw new Error(`no join answer: ${JSON.stringify(answer)}`);
    const { client, room, journal } = this.#options;
    if (gap === true) journal({ op: "gap", client, room, after: this.last ?? head, head });
    this.#mark(storedSeq, storedEpoch);
    // After a break, as at first: a page of history, with changes folded in.
    if (this.last === undefined || (gap === true && more !== true)) return this.#enter(head);
    const end = this.#deliverAfter(this.last, entries);
    return more === true ? false : this.#enter(isAfter(head, end) ? head : end);
  }

  /** Returns the place of the last of them, or `place` where there is none. */
  #deliverAfter(place: Position, entries: readonly Entry[]): Position {
    const missed = entries.filter((entry) => isAfter(entry, place));
    for (const entry of missed) this.#deliver(entry);
    return missed.at(-1) ?? place;
  }

  #enter({ epoch, seq }: Position): boolean {
    const { client, room, journal } = this.#options;
    this.last = { epoch, seq };
    journal({ op: "join", client, room, head: this.last });
    return this.#take(this.#held.splice(0));
  }

  #mark(seq: unknown, epoch: unknown): void {
    if (typeof seq !== "number" || typeof epoch !== "string" || seq <= (this.#marks.get(epoch) ?? 0)) return;
    this.#marks.set(epoch, seq);
    const { client, room, journal } = this.#options;
    journal({ op: "stored", client, room, epoch, seq });
  }

  /** False at a hole; what follows it comes again with the next answer. */
  #take(entries: readonly Entry[]): boolean {
    for (const entry of entries) {
      if (this.last === undefined) return false;
      if (!isAfter(entry, this.last)) continue;
      if (!isNext(this.last, entry)) return false;
      this.#deliver(entry);
    }
    return true;
  }

  #deliver(entry: Entry): void {
    const { kind, epoch, seq, id, text } = entry;
    this.last = { epoch, seq };
    this.#options.journal({
      op: "deliver",
      client: this.#options.client,
      room: entry.room,
      kind,
      epoch,
      seq,
      id,
      from: entry.from.id,
      text,
    });
  }
}
