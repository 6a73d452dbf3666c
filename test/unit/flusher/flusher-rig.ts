import { MemoryMessageLog } from "../../../src/adapters/memory/memory-message-log.ts";
import type { FlusherOptions } from "../../../src/flusher/flusher.ts";
import { createFlusher } from "../../../src/flusher/index.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import type { Led } from "../../../src/leadership/index.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { ScriptedStore } from "./scripted-store.ts";

export const lingerMs = 100;

/** A log, a store, and as many flushers between them as a test wants. */
export class FlusherRig {
  readonly clock = new ManualClock();
  readonly metrics = createMetrics({ processMetrics: false });
  readonly store = new ScriptedStore(this.clock);
  readonly log: MemoryMessageLog;

  constructor(partitions = 1) {
    this.log = new MemoryMessageLog({
      partitions,
      highWatermark: 1_000_000,
      tail: 10,
      highestStored: () => Promise.resolve(0),
      clock: this.clock,
    });
  }

  flusher(changes: Partial<FlusherOptions> = {}): Led {
    return createFlusher({
      drainer: this.log,
      writer: this.store,
      clock: this.clock,
      random: () => 0.5,
      logger: silentLogger,
      metrics: this.metrics,
      limits: { maxEntries: 1_000, maxBytes: 4 * 1_048_576 },
      lingerMs,
      concurrency: 4,
      retentionMs: 0,
      ...changes,
    });
  }

  /** Appends `count` messages, m1 to m<count>, to a room. */
  async fill(count: number, room = "r"): Promise<void> {
    for (let i = 1; i <= count; i++)
      await this.log.append({ kind: "message", room, id: `m${i}`, from: { id: "ann" }, text: `text ${i}` });
  }

  async buffered(): Promise<number> {
    const depths = Array.from({ length: this.log.partitions }, (_, partition) => this.log.depth(partition));
    return (await Promise.all(depths)).reduce((sum, { entries }) => sum + entries, 0);
  }

  async sample(name: string): Promise<string | undefined> {
    const { text } = await this.metrics.scrape();
    return text
      .split("\n")
      .find((line) => line.startsWith(name))
      ?.slice(name.length + 1);
  }
}

export function span(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}
