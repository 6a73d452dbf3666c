import type { Redis } from "ioredis";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";

/** Often enough that a dead link is noticed within a few seconds, ms. */
const pingEveryMs = 1_000;

export interface WatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Handles the events of a client, says in the log when its link comes and goes (once each, however many tries it takes),
 * and pings, so that a link that is dead without saying so runs into the client's socket timeout.
 * @returns ends the watch; errors are still handled
 */
export function watchClient(client: Redis, use: string, { clock, logger }: WatchOptions): () => void {
  const log = logger.child({ use });
  let down = false;
  client.on("error", (error: Error) => {
    if (!down) log.warn({ err: error }, "redis link failed");
    down = true;
  });
  client.on("ready", () => {
    log.info({}, "redis link is up");
    down = false;
  });
  let cancel = (): void => {};
  const beat = (): void => {
    if (client.status === "ready") void client.ping().catch(() => {});
    cancel = clock.schedule(pingEveryMs, beat);
  };
  beat();
  return () => cancel();
}
