import type { Entry } from "../chat/entry.ts";
import type { Position } from "../chat/position.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Pushes, ResyncReason } from "../protocol/messages.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Head } from "../write-behind/index.ts";
import type { LiveRoom } from "./feeds.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import type { Broadcaster } from "./ports.ts";
import { RoomFeed } from "./room-feed.ts";
import type { RoomHistory } from "./room-history.ts";
import { RoomOutbox } from "./room-outbox.ts";
import { StoredNews } from "./stored-news.ts";

export interface LiveRoomOptions {
  readonly broadcaster: Broadcaster;
  readonly history: RoomHistory;
  readonly head: (room: string) => Promise<Head>;
  readonly limits: GatewayLimits;
  /** How late the event loop is, ms; without it rooms gather by what their own frames cost. */
  readonly loopDelayMs?: () => number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Makes rooms: a feed that decides what members get, an outbox that decides when, and the news of what is stored. */
export function createLiveRoom(options: LiveRoomOptions): (room: string) => LiveRoom {
  const { broadcaster, limits, clock, loopDelayMs = () => 0 } = options;
  return (room) => {
    const stored = new StoredNews({ room, patienceMs: limits.storedMs, clock });
    const outbox = new RoomOutbox({
      rules: limits,
      clock,
      loopDelayMs,
      sendEntries: (entries, windowMs) => {
        measure(options, entries);
        options.metrics.observe("weir_batch_window_seconds", {}, windowMs / 1_000);
        broadcaster.local(room, "messages", { room, entries, ...storedFields(stored.take()) });
      },
    });
    const output = {
      deliver: (entries: readonly Entry[]) => outbox.push(entries),
      stored: (mark: Position) => stored.raise(mark),
      resync: (from: Position, reason: ResyncReason) => {
        outbox.flush();
        broadcaster.local(room, "room:resync", { room, from, reason });
      },
    };
    const feed = new RoomFeed({ ...options, room, output, head: () => options.head(room) });
    return { feed, outbox, stored };
  };
}

function storedFields(mark: Position | undefined): Pick<Pushes["messages"], "storedEpoch" | "storedSeq"> {
  return mark === undefined ? {} : { storedEpoch: mark.epoch, storedSeq: mark.seq };
}

/** The log's clock and ours may differ, so a delivery never counts as earlier than its message. */
function measure({ metrics, clock }: LiveRoomOptions, entries: readonly Entry[]): void {
  const now = clock.now();
  for (const { at } of entries) metrics.observe("weir_delivery_seconds", {}, Math.max(0, now - at) / 1_000);
  metrics.count("weir_delivered_entries_total", {}, entries.length);
  metrics.observe("weir_batch_entries", {}, entries.length);
}
