import type { Clock } from "../kernel/clock.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Led } from "./lease.ts";

export interface AlwaysLeaderOptions {
  readonly led: Led;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Pause before work that ended by itself is begun again, ms. */
  readonly retryMs: number;
}

/** The only token there is where nobody else can lead. */
const soleToken = 1;

/** Leads from start to stop: for a process that alone can reach what it works on. */
export class AlwaysLeader implements Service {
  readonly name = "always-leader";
  readonly #options: AlwaysLeaderOptions;
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: AlwaysLeaderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#options.metrics.set("weir_leader", {}, 1);
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#options.metrics.set("weir_leader", {}, 0);
  }

  async #run(): Promise<void> {
    const { led, clock, logger, retryMs } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await led
        .lead(soleToken, signal)
        .catch((error: unknown) => logger.error({ err: error }, "leading ended with an error"));
      await clock.sleep(retryMs, signal);
    }
  }
}
