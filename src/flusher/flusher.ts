import { Semaphore } from "../kernel/semaphore.ts";
import type { Led } from "../leadership/index.ts";
import type { PolicyView } from "../policies/index.ts";
import { runExpireLoop } from "./expire-loop.ts";
import { type FlushLoopDeps, runFlushLoop } from "./flush-loop.ts";
import { retryDelay } from "./retry-policy.ts";

export interface FlusherOptions extends Omit<FlushLoopDeps, "slots"> {
  /** Age after which stored messages are deleted, ms; 0 keeps them. */
  readonly retentionMs: number;
  /** Rooms may have ages of their own. */
  readonly policies?: Pick<PolicyView, "rules">;
  /** Batches in the store's hands at a time, over all partitions. */
  readonly concurrency: number;
}

/** Batch limits and concurrency that suit a MongoDB replica set: large batches are what make writes cheap. */
export const flusherDefaults = { maxBytes: 4 * 1_048_576, concurrency: 4 } as const;

/**
 * The write-behind worker: while it leads, what is in the log's buffers goes to the store. Two of them at once lose and
 * double nothing (writes are idempotent, trims are fenced), they only work for each other's waste.
 */
export function createFlusher(options: FlusherOptions): Led {
  const deps = { ...options, slots: new Semaphore(options.concurrency) };
  measureDepth(options);
  return { lead: (token, signal) => lead(deps, token, signal) };
}

type Deps = FlusherOptions & FlushLoopDeps;

async function lead(deps: Deps, token: number, signal: AbortSignal): Promise<void> {
  const over = new AbortController();
  const term = AbortSignal.any([signal, over.signal]);
  if (!(await raiseFences(deps, token, term))) return;
  const endIfFenced = (end: "stopped" | "fenced"): void => {
    if (end === "fenced") endTerm(deps, token, over);
  };
  const loops = partitionsOf(deps).map(async (partition) =>
    endIfFenced(await runFlushLoop(deps, { partition, token, signal: term })),
  );
  await Promise.all([...loops, runExpireLoop(deps, term)]);
}

function endTerm(deps: Deps, token: number, over: AbortController): void {
  deps.metrics.count("weir_fenced_trims_total", {});
  deps.logger.warn({ token }, "a later leader has taken over");
  over.abort();
}

/**
 * Before anything else: from here on, no earlier leader can trim. False when the term is over, because a later leader did so
 * first or the signal aborted.
 */
async function raiseFences(deps: Deps, token: number, signal: AbortSignal): Promise<boolean> {
  const { drainer, clock, random, logger } = deps;
  for (let attempt = 0; !signal.aborted; attempt++) {
    try {
      const raised = await Promise.all(partitionsOf(deps).map((partition) => drainer.raiseFence(partition, token)));
      if (raised.every(Boolean)) return true;
      logger.warn({ token }, "a later leader was here before");
      return false;
    } catch (error) {
      logger.warn({ err: error, attempt }, "fence could not be raised; trying again");
      await clock.sleep(retryDelay(attempt, random()), signal);
    }
  }
  return false;
}

function partitionsOf({ drainer }: Pick<FlusherOptions, "drainer">): number[] {
  return Array.from({ length: drainer.partitions }, (_, partition) => partition);
}

/** At each scrape, on standbys too: someone has to see a buffer grow that nobody flushes. */
function measureDepth({ drainer, metrics, logger }: FlusherOptions): void {
  metrics.beforeScrape(async () => {
    try {
      const depths = await Promise.all(partitionsOf({ drainer }).map((partition) => drainer.depth(partition)));
      metrics.set(
        "weir_buffer_entries",
        {},
        depths.reduce((sum, { entries }) => sum + entries, 0),
      );
      metrics.set("weir_buffer_oldest_seconds", {}, Math.max(0, ...depths.map((d) => d.oldestAgeMs)) / 1_000);
    } catch (error) {
      logger.warn({ err: error }, "buffer depth is unknown");
    }
  });
}
