import type { Clock } from "../../kernel/clock.ts";
import { closeTransport, type Transport } from "./close-transport.ts";
import type { Visits } from "./visits.ts";

/** Young connections that may not be in yet. They belong to no session, so a drain has to end them by itself. */
export class Outsiders {
  readonly #clock: Clock;
  readonly #young = new Map<Transport, Visits>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(transport: Transport, visits: Visits): void {
    this.#young.set(transport, visits);
    transport.conn.once("close", () => this.delete(transport));
  }

  delete(transport: Transport): void {
    this.#young.delete(transport);
  }

  /** Closes those that are not in. They come back by themselves, to another gateway. */
  close(): void {
    for (const [transport, visits] of this.#young)
      if (!visits.isIn(transport.conn)) closeTransport(transport, this.#clock);
  }
}
