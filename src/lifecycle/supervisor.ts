import type { Logger } from "../telemetry/logger.ts";
import type { Service } from "./service.ts";

/** How long services may take; past it the supervisor goes on without them and says so. */
export interface StopBudget {
  readonly drainMs: number;
  /** For each service. */
  readonly stopMs: number;
}

/**
 * Starts services in order, drains them all, stops them in reverse. A start that fails stops what had started and rejects.
 * Stopping never rejects: each failure or overrun is logged and the next service gets its turn.
 */
export class Supervisor {
  readonly #started: Service[] = [];
  readonly #services: readonly Service[];
  readonly #logger: Logger;
  #stopping: Promise<void> | undefined;

  constructor(services: readonly Service[], logger: Logger) {
    this.#services = services;
    this.#logger = logger;
  }

  async start(): Promise<void> {
    try {
      for (const service of this.#services) {
        this.#started.push(service);
        await service.start();
      }
    } catch (error) {
      await this.stop({ drainMs: 0, stopMs: 5_000 });
      throw error;
    }
  }

  /** Idempotent: a second call waits for the first. */
  stop(budget: StopBudget): Promise<void> {
    this.#stopping ??= this.#stop(budget);
    return this.#stopping;
  }

  async #stop(budget: StopBudget): Promise<void> {
    const signal = AbortSignal.timeout(budget.drainMs);
    if (budget.drainMs > 0) {
      await Promise.all(
        this.#started.map((s) => this.#bounded(s, "drain", budget.drainMs, async () => s.drain?.(signal))),
      );
    }
    for (const service of this.#started.toReversed()) {
      await this.#bounded(service, "stop", budget.stopMs, () => service.stop());
    }
  }

  async #bounded(service: Service, step: "drain" | "stop", ms: number, run: () => Promise<void>): Promise<void> {
    const timeout = new Promise<"late">((resolve) => setTimeout(resolve, ms, "late").unref());
    try {
      const outcome = await Promise.race([run(), timeout]);
      if (outcome === "late") this.#logger.warn({ service: service.name, step, ms }, "service did not stop in time");
    } catch (error) {
      this.#logger.error({ service: service.name, step, err: error }, "service failed to stop");
    }
  }
}
