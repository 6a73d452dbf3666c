import { totalmem } from "node:os";
import { type LoadRules, type LoadSample, loadRules } from "../gateway/load-level.ts";
import { createLoopMeter } from "../telemetry/loop-delay.ts";
import type { Runtime } from "./runtime.ts";

/** What this process measures of itself, since the last call of the function. */
export function measureProcess({ settings, metrics }: Pick<Runtime, "settings" | "metrics">): () => LoadSample {
  const read = createLoopMeter();
  const limit = settings.memoryLimit ?? shareOfContainer(settings.workers);
  if (limit !== undefined) metrics.set("weir_memory_limit_bytes", {}, limit);
  return () => {
    const { delayMs, busy } = read();
    const memory = limit === undefined ? 0 : process.memoryUsage.rss() / limit;
    return { loopDelayMs: delayMs, loopBusy: busy, memory };
  };
}

/**
 * The container's limit in equal parts for its workers. Their primary has none: its memory does not grow with the clients, and the bounds
 * of load leave room for it. A machine without containers reports more than it has, which is no limit.
 */
function shareOfContainer(workers: number): number | undefined {
  const bytes = process.constrainedMemory();
  return bytes > 0 && bytes < totalmem() ? Math.floor(bytes / workers) : undefined;
}

/** @param shedLoopDelayMs the first bound of the loop's delay; 0 never sheds */
export function rulesOf(shedLoopDelayMs: number): LoadRules {
  return loadRules(shedLoopDelayMs === 0 ? Number.POSITIVE_INFINITY : shedLoopDelayMs);
}
