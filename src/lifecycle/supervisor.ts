import type { Logger } from "../telemetry/logger.ts";
import type { Service } from "./service.ts";

/** How long services may take; past it the supervisor goes on without them and says so. */
export interface StopBudget {
  readonly drainMs: number;
  /** For each service. */
  readonly stopMs: number;
}

/** For a start that comes to nothing. */
const abandoned: StopBudget = { drainMs: 0, stopMs: 5_000 };

/** The process was told to stop before all of it worked, and has stopped. */
export class StoppedEarly extends Error {
  override readonly name = "StoppedEarly";
}

/**
 * Starts services in order, drains them all, stops them in reverse. A start that fails stops what had started and rejects; one that is
 * overtaken by a stop goes no further, and rejects with StoppedEarly when the stop is over.
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
      for (const service of this.#services) await this.#begin(service);
    } catch (error) {
      const overtaken = this.#stopping !== undefined;
      await this.stop(abandoned);
      throw overtaken ? new StoppedEarly("stopped before all of it worked", { cause: error }) : error;
    }
  }

  async #begin(service: Service): Promise<void> {
    this.#started.push(service);
    await service.start();
    if (this.#stopping === undefined) return;
    // Its stop may have come before it had anything to let go of.
    await this.#bounded(service, "stop", abandoned.stopMs, () => service.stop());
    throw new StoppedEarly();
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
