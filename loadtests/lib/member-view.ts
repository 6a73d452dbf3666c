import { comparePlaces, Holes, type Place } from "./holes.ts";

/** What a client is told when it joins again with `after`. */
export interface CatchUpAnswer {
  readonly head: Place;
  readonly entries: readonly Place[];
  /** What lies between can't be given back. */
  readonly gap?: boolean | undefined;
  /** There is more after the last of the entries. */
  readonly more?: boolean | undefined;
}

/** What one member of one room got, by position. */
export class MemberView {
  /** Entries that were pushed and were new. */
  delivered = 0;
  /** Entries that were pushed although the member had them. */
  duplicated = 0;
  /** Entries that were pushed after a later one. */
  outOfOrder = 0;
  /** Catch-ups that brought something. */
  gapsFilled = 0;
  /** Entries that came by catch-up only. */
  caughtUp = 0;
  /** Entries of which the server said that they can't be given back. */
  declared = 0;
  #last: Place;
  #inRoom = true;
  readonly #holes = new Holes();

  /** @param head the room's when the member came in: what comes later is for it */
  constructor(head: Place) {
    this.#last = head;
  }

  /** Up to where it has everything: what to give as `after`. */
  get place(): Place {
    return this.#holes.start ?? this.#last;
  }

  /** Came in again without saying where it was: it has no claim to what was in between. */
  enter(head: Place): void {
    this.#inRoom = true;
    if (comparePlaces(head, this.#last) > 0) this.#last = head;
  }

  leave(): void {
    this.#inRoom = false;
  }

  push(entry: Place): void {
    if (entry.epoch !== this.#last.epoch) return this.#pushOfOtherEpoch(entry);
    if (entry.seq > this.#last.seq) return this.#advance(entry);
    if (!this.#holes.fill(entry)) {
      this.duplicated += 1;
      return;
    }
    this.delivered += 1;
    this.outOfOrder += 1;
  }

  catchUp({ head, entries, gap = false, more = false }: CatchUpAnswer): void {
    this.#inRoom = true;
    const before = this.caughtUp;
    for (const entry of entries) this.#take(entry, gap);
    if (this.caughtUp > before) this.gapsFilled += 1;
    if (!more) this.#reach(head);
    if (gap) this.declared += this.#holes.clear();
  }

  /** How many entries of the room it should have and has not. @param head the room's, as far as is known */
  missing(head: Place | undefined): number {
    const behind = this.#inRoom && head !== undefined ? Math.max(0, head.seq - this.#last.seq) : 0;
    return this.#holes.size + behind;
  }

  #advance(entry: Place): void {
    this.#holes.open(this.#last, entry.seq - 1);
    this.#last = { epoch: entry.epoch, seq: entry.seq };
    this.delivered += 1;
  }

  /** An epoch that is over is out of order; a new one may go on from an earlier seq only where a gap was declared. */
  #pushOfOtherEpoch(entry: Place): void {
    if (comparePlaces(entry, this.#last) < 0 || entry.seq <= this.#last.seq) this.outOfOrder += 1;
    if (comparePlaces(entry, this.#last) > 0) this.#advance(entry);
  }

  #take(entry: Place, gap: boolean): void {
    if (comparePlaces(entry, this.#last) > 0) {
      if (gap) this.declared += Math.max(0, entry.seq - this.#last.seq - 1);
      else this.#holes.open(this.#last, entry.seq - 1);
      this.#last = { epoch: entry.epoch, seq: entry.seq };
      this.caughtUp += 1;
    } else if (this.#holes.fill(entry)) {
      this.caughtUp += 1;
    }
  }

  /** A catch-up that is complete: what it did not bring up to the head stays missing. */
  #reach(head: Place): void {
    if (comparePlaces(head, this.#last) <= 0) return;
    this.#holes.open(this.#last, head.seq);
    this.#last = head;
  }
}
