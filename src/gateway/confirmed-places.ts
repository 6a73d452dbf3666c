interface Confirmed {
  seq: number;
  /** Since when too much is unconfirmed, monotonic ms; undefined when it is not. */
  behindSince: number | undefined;
}

/** How far one client has confirmed its rooms. A room without a receipt is not judged: receipts are a client's choice. */
export class ConfirmedPlaces {
  readonly #rooms = new Map<string, Confirmed>();

  /** The client has everything of the room up to `seq`. Never goes back; going on is progress. */
  confirm(room: string, seq: number): void {
    const confirmed = this.#rooms.get(room);
    if (confirmed === undefined) this.#rooms.set(room, { seq, behindSince: undefined });
    else if (seq > confirmed.seq) Object.assign(confirmed, { seq, behindSince: undefined });
  }

  /** The client has left the room, or has asked for it anew: what it confirms counts from its next receipt. */
  forget(room: string): void {
    this.#rooms.delete(room);
  }

  /**
   * How long more than `entries` have been unconfirmed in some room without any progress, ms.
   * @param headOf the newest seq of a room
   */
  behindFor(entries: number, headOf: (room: string) => number, now: number): number {
    let longest = 0;
    for (const [room, confirmed] of this.#rooms) {
      if (headOf(room) - confirmed.seq <= entries) confirmed.behindSince = undefined;
      else confirmed.behindSince ??= now;
      longest = Math.max(longest, now - (confirmed.behindSince ?? now));
    }
    return longest;
  }
}
