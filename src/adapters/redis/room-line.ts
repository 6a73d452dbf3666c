interface Waiter {
  readonly ticket: number;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Calls into a room that has to be put in order first wait in a line and go on in the order in which they were made. Without it
 * a call that comes while the room is repaired could overtake one that was turned back by it.
 */
export class RoomLine {
  readonly #lines = new Map<string, Waiter[]>();
  #tickets = 0;

  /** Where a call stands, among all calls. */
  ticket(): number {
    return ++this.#tickets;
  }

  /** Waits where there is a line; else goes on at once. */
  pass(room: string, ticket: number): Promise<void> {
    const line = this.#lines.get(room);
    return line === undefined ? Promise.resolve() : join(line, ticket);
  }

  /**
   * Waits for the repair of a room, which the first in line sets off; rejects with its error. Whoever was turned back before the repair has
   * heard so before it ends, because both go over one connection: so everyone is in line by then. Neither this nor `pass` may await:
   * a turn must take each caller as long, or the order is lost again.
   */
  wait(room: string, ticket: number, repair: () => Promise<void>): Promise<void> {
    const line = this.#lines.get(room);
    if (line !== undefined) return join(line, ticket);
    const first: Waiter[] = [];
    this.#lines.set(room, first);
    const turn = join(first, ticket);
    void repair().then(
      () => this.#end(room, (waiter) => waiter.resolve()),
      (error: unknown) => this.#end(room, (waiter) => waiter.reject(error)),
    );
    return turn;
  }

  #end(room: string, tell: (waiter: Waiter) => void): void {
    const line = this.#lines.get(room) ?? [];
    this.#lines.delete(room);
    for (const waiter of line.toSorted((a, b) => a.ticket - b.ticket)) tell(waiter);
  }
}

function join(line: Waiter[], ticket: number): Promise<void> {
  return new Promise((resolve, reject) => line.push({ ticket, resolve, reject }));
}
