import type { Clock } from "../kernel/clock.ts";
import type { Semaphore } from "../kernel/semaphore.ts";
import type { Buffered } from "../write-behind/index.ts";
import type { PutAside } from "./dead-letter.ts";
import { flushBatch } from "./flush-batch.ts";
import { type BatchLimits, planBatch } from "./plan-batch.ts";
import { retryDelay } from "./retry-policy.ts";

export interface FlushLoopDeps extends PutAside {
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly limits: BatchLimits;
  /** How long a partition gathers entries when its buffer was emptied, ms. */
  readonly lingerMs: number;
  /** Shared by all partitions: bounds the batches that are in the store's hands at a time. */
  readonly slots: Semaphore;
}

export interface FlushTerm {
  readonly partition: number;
  readonly token: number;
  readonly signal: AbortSignal;
}

/** However short the linger, an idle partition is not asked more often than this, ms. */
const shortestPauseMs = 5;

/** However often batches fail, they are not made smaller than this. */
const smallestBatch = 50;

/**
 * Moves one partition from buffer to store, batch by batch, until the signal aborts or a newer leader is seen. It ends between
 * batches, never in one. What fails is tried again for as long as it takes, with half as many entries each time: a store that is too slow
 * for a whole batch would otherwise time out at the same batch for ever. Each success doubles them again.
 */
export async function runFlushLoop(deps: FlushLoopDeps, term: FlushTerm): Promise<"stopped" | "fenced"> {
  const { clock, random, lingerMs, logger } = deps;
  const most = deps.limits.maxEntries;
  let failures = 0;
  let entries = most;
  while (!term.signal.aborted) {
    try {
      const round = await deps.slots.run(() => flushOnce(deps, term, entries));
      failures = 0;
      entries = Math.min(most, 2 * entries);
      if (round === "fenced") return round;
      if (round === "emptied") await clock.sleep(Math.max(lingerMs, shortestPauseMs), term.signal);
    } catch (error) {
      entries = Math.min(most, Math.max(smallestBatch, Math.floor(entries / 2)));
      const delayMs = retryDelay(failures++, random());
      logger.warn(
        { err: error, partition: term.partition, failures, delayMs },
        "batch could not be flushed; trying again",
      );
      await clock.sleep(delayMs, term.signal);
    }
  }
  return "stopped";
}

async function flushOnce(
  deps: FlushLoopDeps,
  { partition, token }: FlushTerm,
  maxEntries: number,
): Promise<"emptied" | "more" | "fenced"> {
  const read = await deps.drainer.read(partition, maxEntries);
  if (read.length === 0) return "emptied";
  const { batch, more } = planBatch(read, { ...deps.limits, maxEntries });
  const result = await timed(deps, batch, () => flushBatch(deps, { partition, token, batch }));
  if (result === "fenced") return "fenced";
  measureStored(deps, batch);
  return more ? "more" : "emptied";
}

async function timed<T>(deps: FlushLoopDeps, batch: readonly Buffered[], flush: () => Promise<T>): Promise<T> {
  const { clock, metrics } = deps;
  const startedAt = clock.monotonic();
  const observe = (result: "ok" | "error"): void =>
    metrics.observe("weir_flush_seconds", { result }, (clock.monotonic() - startedAt) / 1_000);
  metrics.observe("weir_flush_batch_entries", {}, batch.length);
  try {
    const value = await flush();
    observe("ok");
    return value;
  } catch (error) {
    observe("error");
    metrics.count("weir_flush_retries_total", {});
    throw error;
  }
}

function measureStored({ clock, metrics }: FlushLoopDeps, batch: readonly Buffered[]): void {
  metrics.count("weir_flushed_entries_total", {}, batch.length);
  const now = clock.now();
  for (const { at } of batch) metrics.observe("weir_stored_lag_seconds", {}, Math.max(0, now - at) / 1_000);
}
