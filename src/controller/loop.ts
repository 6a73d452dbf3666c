import { type Backoff, backoffDelay } from "../kernel/backoff.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface LoopOptions {
  /** Of what it does, in log and metrics. */
  readonly name: "platform" | "policies";
  /** One round. What it does must be right to do again and again. */
  readonly step: (signal: AbortSignal) => Promise<void>;
  /** Between rounds, ms, where nobody wakes it. */
  readonly everyMs: number;
  /** Between rounds at least, ms. */
  readonly leastMs: number;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** After a round that failed. */
const retry: Backoff = { baseMs: 500, maxMs: 30_000 };

/** Does the same thing again and again: at an interval, soon after each wake, and sooner and then later after a failure. */
export class Loop {
  readonly #options: LoopOptions;
  #pending = false;
  #ring = (): void => {};

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  /** Something has changed. During a round, that is the reason for another one. */
  wake(): void {
    this.#pending = true;
    this.#ring();
  }

  /** Resolves when `signal` has aborted and the round has ended. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, random, everyMs, leastMs } = this.#options;
    let failures = 0;
    while (!signal.aborted) {
      this.#pending = false;
      failures = (await this.#round(signal)) ? 0 : failures + 1;
      if (failures > 0) await clock.sleep(backoffDelay(retry, failures - 1, random()), signal);
      else {
        await clock.sleep(leastMs, signal);
        await this.#wokenWithin(everyMs - leastMs, signal);
      }
    }
  }

  async #round(signal: AbortSignal): Promise<boolean> {
    const { name, step, logger, metrics } = this.#options;
    try {
      await step(signal);
      metrics.count("weir_reconciles_total", { loop: name, result: "ok" });
      return true;
    } catch (error) {
      metrics.count("weir_reconciles_total", { loop: name, result: "error" });
      logger.warn({ err: error, loop: name }, "a round of the controller failed");
      return false;
    }
  }

  async #wokenWithin(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#pending) return;
    const woken = new AbortController();
    this.#ring = () => woken.abort();
    await this.#options.clock.sleep(ms, AbortSignal.any([signal, woken.signal]));
    this.#ring = () => {};
  }
}
