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

  pushed(entries: readonly Entry[], storedSeq: unknown): void {
    if (this.#syncing !== undefined) return void this.#held.push(...entries);
    if (!this.#take(entries)) return void this.sync();
    this.#mark(storedSeq, entries.at(-1)?.epoch);
  }

  /** Told apart from messages. Where no epoch is told it is that of the last entry; while it catches up that is not known. */
  marked(seq: number, epoch: unknown): void {
    if (typeof epoch === "string") this.#mark(seq, epoch);
    else if (this.#syncing === undefined) this.#mark(seq, this.last?.epoch);
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
    const { entries, head, gap, more, storedSeq } = answer;
    if (!isEntries(entries) || !isPosition(head)) throw new Error(`no join answer: ${JSON.stringify(answer)}`);
    const { client, room, journal } = this.#options;
    if (gap === true) journal({ op: "gap", client, room, after: this.last ?? head, head });
    this.#mark(storedSeq, head.epoch);
    if (this.last === undefined) return this.#enter(head);
    for (const entry of entries) if (isAfter(entry, this.last)) this.#deliver(entry);
    if (more === true) return false;
    if (isAfter(head, this.last)) this.last = { epoch: head.epoch, seq: head.seq };
    journal({ op: "join", client, room, head: this.last });
    return this.#take(this.#held.splice(0));
  }

  /** For the first time: what was before is a page of history, with changes folded in. */
  #enter({ epoch, seq }: Position): boolean {
    const { client, room, journal } = this.#options;
    this.last = { epoch, seq };
    journal({ op: "join", client, room, head: this.last });
    return this.#take(this.#held.splice(0));
  }

  #mark(seq: unknown, epoch: string | undefined): void {
    if (typeof seq !== "number" || epoch === undefined || seq <= (this.#marks.get(epoch) ?? 0)) return;
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
