import type { Duplex } from "node:stream";
import type { Socket as EngineSocket } from "engine.io";
import type { Clock } from "../../kernel/clock.ts";

/** A peer that has not taken what was sent to it by then is cut off, ms. */
const patienceMs = 5_000;

export interface Transport {
  readonly conn: EngineSocket;
  /** The TCP connection below, where it is known. */
  readonly tcp: Duplex | undefined;
}

/**
 * Closes in order: what was sent goes out first. The transport is closed and not the namespace, because a client that is disconnected
 * from a namespace by the server does not come back by itself. A peer that does not read is cut off after a while.
 */
export function closeTransport({ conn, tcp }: Transport, clock: Clock): void {
  conn.close();
  clock.schedule(patienceMs, () => cutOff({ conn, tcp }));
}

/** Closes at once, whatever the peer does. */
export function cutOff({ conn, tcp }: Transport): void {
  conn.close(true);
  tcp?.destroy();
}
