import type { Clock } from "../kernel/clock.ts";
import type { Readiness } from "../lifecycle/health.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import {
  calmLoad,
  followLoad,
  type LoadRules,
  type LoadSample,
  type LoadState,
  loadSampleMs,
  noShedding,
  type Shedding,
  sheddingOf,
} from "./load-level.ts";

export interface LoadSheddingOptions {
  /** What was measured since the last call. */
  readonly measure: () => LoadSample;
  readonly rules: LoadRules;
  readonly readiness: Readiness;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Looks at the load of the process as long as it lives, and says what to give up. Readiness follows, liveness never does. */
export class LoadShedding implements Service {
  readonly name = "load-shedding";
  readonly #options: LoadSheddingOptions;
  readonly #stop = new AbortController();
  #state: LoadState = calmLoad;
  #shedding: Shedding = noShedding;
  #done: Promise<void> = Promise.resolve();
  #closeSlowest: () => number = () => 0;

  constructor(options: LoadSheddingOptions) {
    this.#options = options;
  }

  get current(): Shedding {
    return this.#shedding;
  }

  /**
   * Who knows the connections says here how to close those who read slowest. Called at each sample while there is almost no
   * memory left; closes a few at a time and returns how many.
   */
  whenCritical(closeSlowest: () => number): void {
    this.#closeSlowest = closeSlowest;
  }

  async start(): Promise<void> {
    this.#options.measure();
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    for (await clock.sleep(loadSampleMs, signal); !signal.aborted; await clock.sleep(loadSampleMs, signal))
      this.#look();
  }

  #look(): void {
    const { measure, rules, metrics } = this.#options;
    this.#state = followLoad(rules, this.#state, measure());
    const before = this.#shedding;
    this.#shedding = sheddingOf(this.#state);
    metrics.set("weir_load_level", { signal: "loop_delay" }, this.#state.loopDelayMs.level);
    metrics.set("weir_load_level", { signal: "loop_busy" }, this.#state.loopBusy.level);
    metrics.set("weir_load_level", { signal: "memory" }, this.#state.memory.level);
    this.#tellReadiness();
    if (isDifferent(before, this.#shedding)) this.#options.logger.warn({ ...this.#shedding }, "load shedding changed");
    if (this.#shedding.slowest) metrics.count("weir_shed_total", { what: "slowest" }, this.#closeSlowest());
  }

  #tellReadiness(): void {
    const { unready } = this.#shedding;
    if (unready === undefined) this.#options.readiness.clear(this.name);
    else this.#options.readiness.object(this.name, unready);
  }
}

function isDifferent(a: Shedding, b: Shedding): boolean {
  return (
    a.newcomers !== b.newcomers || a.ephemeral !== b.ephemeral || a.slowest !== b.slowest || a.unready !== b.unready
  );
}
