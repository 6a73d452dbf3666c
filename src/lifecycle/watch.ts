import type { Clock } from "../kernel/clock.ts";
import type { Readiness } from "./health.ts";
import type { Service } from "./service.ts";

/** One dependency that readiness rests on. */
export interface Dependency {
  readonly name: string;
  /** A real round trip; rejects when it fails. */
  ping(): Promise<void>;
}

export interface WatchOptions {
  readonly dependency: Dependency;
  readonly readiness: Readiness;
  readonly clock: Clock;
  /** Between pings, ms. */
  readonly intervalMs?: number;
  /** Failures in a row before objecting: one lost packet must not take a pod out of the balancer. */
  readonly failuresToObject?: number;
}

/** Pings a dependency for as long as the process lives and lets readiness follow, with hysteresis. */
export class DependencyWatch implements Service {
  readonly name: string;
  readonly #options: Required<WatchOptions>;
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions) {
    this.#options = { intervalMs: 1_000, failuresToObject: 2, ...options };
    this.name = `watch-${options.dependency.name}`;
  }

  async start(): Promise<void> {
    this.#done = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    let failures = 0;
    while (!this.#stop.signal.aborted) {
      failures = (await this.#ping()) ? 0 : failures + 1;
      this.#judge(failures);
      await this.#options.clock.sleep(this.#options.intervalMs, this.#stop.signal);
    }
  }

  async #ping(): Promise<boolean> {
    try {
      await this.#options.dependency.ping();
      return true;
    } catch {
      return false;
    }
  }

  #judge(failures: number): void {
    const { dependency, readiness, failuresToObject } = this.#options;
    if (failures >= failuresToObject) readiness.object(this.name, `${dependency.name} does not answer`);
    else if (failures === 0) readiness.clear(this.name);
  }
}
