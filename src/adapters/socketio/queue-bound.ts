import type { Socket as EngineSocket } from "engine.io";

/** What may wait for one client that does not read. */
interface QueueBounds {
  readonly packets: number;
  /** Characters of text. */
  readonly chars: number;
}

/**
 * Large enough for the longest answer to a join (200 entries of 8 KiB) on top of what a busy room sends in some seconds.
 * The kernel has taken about 4 MB by the time that anything waits here.
 */
export const defaultQueueBounds: QueueBounds = { packets: 8_192, chars: 4_194_304 };

/**
 * Calls `onOverflow` once when more waits for the client than may. Counts by the engine's own events: `packetCreate` when
 * something is queued, `flush` when all that waited was handed to the transport.
 */
export function watchQueue(conn: EngineSocket, bounds: QueueBounds, onOverflow: () => void): void {
  let packets = 0;
  let chars = 0;
  let told = false;
  conn.on("flush", () => {
    packets = 0;
    chars = 0;
  });
  conn.on("packetCreate", ({ data }: { readonly data?: unknown }) => {
    packets += 1;
    chars += typeof data === "string" ? data.length : 0;
    if (told || (packets <= bounds.packets && chars <= bounds.chars)) return;
    told = true;
    onOverflow();
  });
}
