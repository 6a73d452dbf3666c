import type { IncomingMessage } from "node:http";

/** What a request is answered on: it closes when the answer is out or the client has gone. */
export interface AnswerChannel {
  once(event: "close", listener: () => void): unknown;
  removeListener(event: "close", listener: () => void): unknown;
}

interface Pending {
  readonly leave: () => void;
  readonly channel: AnswerChannel;
}

/**
 * Seats of handshakes that are no connections yet. Each becomes a connection's, or is given back when the request is over without one.
 * A listener on a TCP connection holds the request as long as it lives, so it goes when the seat does.
 */
export class PendingSeats {
  readonly #pending = new WeakMap<IncomingMessage, Pending>();

  /** @param leave gives the seat back */
  keep(request: IncomingMessage, channel: AnswerChannel, leave: () => void): void {
    this.#pending.set(request, { leave, channel });
    channel.once("close", leave);
  }

  /** The seat of a request that became a connection, as the function that gives it back; undefined where it has none. */
  claim(request: IncomingMessage): (() => void) | undefined {
    const pending = this.#pending.get(request);
    if (pending === undefined) return undefined;
    this.#pending.delete(request);
    pending.channel.removeListener("close", pending.leave);
    return pending.leave;
  }
}
