import { MemoryMessageStore } from "../../../src/adapters/memory/memory-message-store.ts";
import type { Entry } from "../../../src/chat/entry.ts";
import type { Position } from "../../../src/chat/position.ts";
import { defaultGatewayLimits } from "../../../src/gateway/gateway-limits.ts";
import { RoomFeed } from "../../../src/gateway/room-feed.ts";
import { RoomHistory } from "../../../src/gateway/room-history.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import type { Head, LogReader, RangeQuery } from "../../../src/write-behind/index.ts";

/** A log that says what the test tells it, and fails when it is told to. */
class ScriptedLog implements LogReader {
  entries: Entry[] = [];
  epoch = "1";
  storedSeq = 0;
  failures = 0;

  head(): Promise<Head> {
    return this.#answer({ epoch: this.epoch, seq: this.entries.at(-1)?.seq ?? 0, storedSeq: this.storedSeq });
  }

  range(_room: string, { after, before = Infinity, limit }: RangeQuery): Promise<Entry[]> {
    return this.#answer(this.entries.filter(({ seq }) => seq > after && seq < before).slice(0, limit));
  }

  scan(room: string, query: RangeQuery): Promise<Entry[]> {
    return this.range(room, query);
  }

  changes(): Promise<Entry[]> {
    return Promise.resolve(this.entries.filter(({ target }) => target !== undefined));
  }

  #answer<T>(value: T): Promise<T> {
    if (this.failures === 0) return Promise.resolve(value);
    this.failures -= 1;
    return Promise.reject(new ChatError("UNAVAILABLE", "scripted"));
  }
}

export function entry(seq: number, epoch = "1"): Entry {
  return { kind: "message", room: "r", epoch, seq, id: `${epoch}-${seq}`, from: { id: "a" }, at: seq, text: "x" };
}

export function entries(from: number, to: number, epoch = "1"): Entry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => entry(from + i, epoch));
}

export function setUp(limits: { heldEntries?: number; fillPage?: number } = {}) {
  const clock = new ManualClock();
  const log = new ScriptedLog();
  const store = new MemoryMessageStore();
  const metrics = createMetrics({ processMetrics: false });
  const delivered: Entry[] = [];
  const resyncs: { from: Position; reason: string }[] = [];
  const stored: Position[] = [];
  const feed = new RoomFeed({
    room: "r",
    output: {
      deliver: (batch) => void delivered.push(...batch),
      stored: (mark) => void stored.push(mark),
      resync: (from, reason) => void resyncs.push({ from, reason }),
    },
    history: new RoomHistory({ log, store, limits: defaultGatewayLimits, clock, random: () => 0.5, metrics }),
    head: () => log.head(),
    limits: { heldEntries: 100, fillPage: 50, fillBackoff: { baseMs: 10, maxMs: 100 }, ...limits },
    clock,
    random: () => 0.5,
    metrics,
    logger: silentLogger,
  });
  const places = (): string[] => delivered.map(({ epoch, seq }) => `${epoch}:${seq}`);
  return { clock, log, store, feed, delivered, resyncs, stored, metrics, places };
}
