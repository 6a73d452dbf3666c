import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { StoreWriter } from "../write-behind/index.ts";

export interface ExpireLoopDeps {
  readonly writer: StoreWriter;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Age after which stored messages are deleted, ms; 0 keeps them. */
  readonly retentionMs: number;
}

const sweepEveryMs = 60_000;
const pageEntries = 500;
/** Between two pages, so that deleting never takes the store from those who write: at most 500 entries a second. */
const pageEveryMs = 1_000;

/** Deletes what is past its retention, a page at a time, until the signal aborts. */
export async function runExpireLoop(deps: ExpireLoopDeps, signal: AbortSignal): Promise<void> {
  const { clock, logger, retentionMs } = deps;
  if (retentionMs === 0) return;
  while (!signal.aborted) {
    const deleted = await expirePage(deps).catch((error: unknown) => {
      logger.warn({ err: error }, "old messages could not be deleted");
      return 0;
    });
    if (deleted > 0) logger.debug({ deleted }, "old messages deleted");
    await clock.sleep(deleted < pageEntries ? sweepEveryMs : pageEveryMs, signal);
  }
}

function expirePage({ writer, clock, retentionMs }: ExpireLoopDeps): Promise<number> {
  return writer.expire(clock.now() - retentionMs, pageEntries);
}
