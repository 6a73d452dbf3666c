import { comparePlaces, type Place } from "./holes.ts";

interface Send {
  readonly room: string;
  readonly at: number;
  /** Where it is said to be, by the answer or the first delivery. */
  place?: Place;
  accepted?: true;
  stored?: true;
}

/** What the senders of a ledger sent and what became of it, by id. */
export class OwnSends {
  sent = 0;
  accepted = 0;
  /** Accepted, and in the history where the answer said. */
  stored = 0;
  /** In the history at another place than where it is said to be, or at two. */
  storedTwice = 0;
  /** Said to be at different places. */
  displaced = 0;
  readonly refusedBy: Record<string, number> = {};
  readonly #open = new Map<string, Send>();
  readonly #read = new Set<string>();

  /** A retry is the same send. */
  add(id: string, room: string, at: number): void {
    if (this.#open.has(id)) return;
    this.sent += 1;
    this.#open.set(id, { room, at });
  }

  /** Returns when it was sent; undefined for an id that nobody here sent, or whose answer came before. */
  accept(id: string, place: Place): number | undefined {
    const send = this.#open.get(id);
    if (send === undefined) return undefined;
    this.seen(id, place);
    if (send.accepted === true) return undefined;
    send.accepted = true;
    this.accepted += 1;
    return send.at;
  }

  refuse(id: string, code: string): void {
    if (!this.#open.delete(id)) return;
    this.refusedBy[code] = (this.refusedBy[code] ?? 0) + 1;
  }

  /** Somebody was told that it is at this place. */
  seen(id: string, { epoch, seq }: Place): void {
    const send = this.#open.get(id);
    if (send === undefined) return;
    send.place ??= { epoch, seq };
    if (comparePlaces(send.place, { epoch, seq }) !== 0) this.displaced += 1;
  }

  /** The history of a room, or more of it, has these. */
  readBack(room: string, entries: readonly (Place & { readonly id: string })[]): void {
    this.#read.add(room);
    for (const { id, epoch, seq } of entries) {
      const send = this.#open.get(id);
      if (send?.accepted !== true || send.place === undefined) continue;
      if (comparePlaces(send.place, { epoch, seq }) !== 0) this.storedTwice += 1;
      else if (send.stored !== true) this.#markStored(send);
    }
  }

  /** Accepted, of a room whose history was read, and not there; of the other rooms nobody knows. */
  notStored(): { readonly lost: number; readonly unread: number; readonly unanswered: number } {
    const counts = { lost: 0, unread: 0, unanswered: 0 };
    for (const { room, accepted, stored } of this.#open.values()) {
      if (accepted !== true) counts.unanswered += 1;
      else if (stored !== true) counts[this.#read.has(room) ? "lost" : "unread"] += 1;
    }
    return counts;
  }

  get unanswered(): number {
    return this.notStored().unanswered;
  }

  #markStored(send: Send): void {
    send.stored = true;
    this.stored += 1;
  }
}
