import cluster, { type Worker } from "node:cluster";
import { ConfigError } from "../config/index.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Readiness } from "../lifecycle/health.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Exposition, Metrics } from "../telemetry/metrics.ts";
import { PooledMetrics } from "../telemetry/pooled-metrics.ts";
import { type FromWorker, fromWorker, type ToWorker } from "./workers-messages.ts";
import { planRestart } from "./workers-restart.ts";

export interface WorkerPoolOptions {
  readonly count: number;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
}

interface Member {
  readonly worker: Worker;
  readonly bornAt: number;
  /** Ends in a row of those who had this place before. */
  readonly failures: number;
  ready: boolean;
}

/** The primary among those who measure; workers count from 1. */
const ownId = 0;
/** A scrape takes what it heard before of a worker that does not answer, ms. */
const metricsWithinMs = 2_000;
/** Workers that are still there so long after they were told to stop are killed, ms. */
const killAfterMs = 4_000;

/** The processes that hold the connections. One that ends is replaced; the pool is ready while one of them is. */
export class WorkerPool implements Service {
  readonly name = "workers";
  readonly #options: WorkerPoolOptions;
  readonly #members = new Map<number, Member>();
  readonly #pooled = new PooledMetrics();
  readonly #answers = new Map<number, () => void>();
  readonly #changed: (() => void)[] = [];
  #asked = 0;
  #stopping = false;
  #wasReady = false;
  /** Exit code of one that ended before any was ready. */
  #failedStart: number | undefined;

  constructor(options: WorkerPoolOptions) {
    this.#options = options;
    options.metrics.beforeScrape(() => options.metrics.set("weir_workers", {}, this.#ready));
  }

  /** Resolves when one worker is ready; rejects when one ends before, with a ConfigError where it ended for its configuration. */
  async start(): Promise<void> {
    for (let i = 0; i < this.#options.count; i++) this.#fork(0);
    while (!this.#wasReady) {
      if (this.#failedStart !== undefined) throw failedStart(this.#failedStart);
      await this.#change();
    }
  }

  /** Every worker sends its clients away by itself, in the same window. Resolves when all have ended. */
  async drain(signal: AbortSignal): Promise<void> {
    this.#stopping = true;
    for (const { worker } of this.#members.values()) this.#tell(worker, { weir: "stop" });
    signal.addEventListener("abort", () => this.#notify(), { once: true });
    while (this.#members.size > 0 && !signal.aborted) await this.#change();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    for (const { worker } of this.#members.values()) this.#tell(worker, { weir: "stop" });
    const cancel = this.#options.clock.schedule(killAfterMs, () => {
      for (const { worker } of this.#members.values()) worker.process.kill("SIGKILL");
    });
    while (this.#members.size > 0) await this.#change();
    cancel();
  }

  /** What this process and its workers measured, those that have ended included. */
  async scrape(): Promise<Exposition> {
    await Promise.all([...this.#members.values()].map(({ worker }) => this.#ask(worker)));
    this.#pooled.heard(ownId, await this.#options.metrics.snapshot());
    return this.#pooled.exposition();
  }

  get #ready(): number {
    return [...this.#members.values()].filter(({ ready }) => ready).length;
  }

  #fork(failures: number): void {
    const { clock, logger } = this.#options;
    const worker = cluster.fork();
    // Until it works it gets no connections: the balancer looks only here.
    if (cluster.workers !== undefined) Reflect.deleteProperty(cluster.workers, worker.id);
    const member: Member = { worker, failures, bornAt: clock.monotonic(), ready: false };
    this.#members.set(worker.id, member);
    worker.on("error", (error) => logger.warn({ err: error, worker: worker.id }, "a worker was not reached"));
    worker.on("message", (message: unknown) => {
      const told = fromWorker(message);
      if (told !== undefined) this.#heard(member, told);
    });
    worker.once("exit", (code, signal) => this.#ended(member, signal ?? code));
    logger.info({ worker: worker.id, pid: worker.process.pid }, "worker started");
  }

  #heard(member: Member, told: FromWorker): void {
    const { id } = member.worker;
    if (!this.#members.has(id)) return;
    if (told.weir === "metrics") {
      this.#pooled.heard(id, told.snapshot);
      return this.#answers.get(told.ask)?.();
    }
    member.ready = told.ready;
    if (told.ready && cluster.workers !== undefined) cluster.workers[id] = member.worker;
    this.#judge();
  }

  #ended(member: Member, how: string | number): void {
    const { clock, logger, metrics, random } = this.#options;
    this.#members.delete(member.worker.id);
    this.#pooled.ended(member.worker.id);
    if (!this.#wasReady) this.#failedStart = typeof how === "number" ? how : 1;
    this.#judge();
    if (this.#stopping) return;
    const { failures, delayMs } = planRestart(member.failures, clock.monotonic() - member.bornAt, random());
    logger.error({ worker: member.worker.id, how, failures, delayMs }, "a worker ended and is replaced");
    metrics.count("weir_worker_restarts_total", {});
    clock.schedule(delayMs, () => {
      if (!this.#stopping) this.#fork(failures);
    });
  }

  #judge(): void {
    const { readiness } = this.#options;
    if (this.#ready > 0) {
      this.#wasReady = true;
      readiness.clear("workers");
    } else readiness.object("workers", "no worker is ready");
    this.#notify();
  }

  #tell(worker: Worker, message: ToWorker): void {
    worker.send(message, (error: Error | null) => {
      if (error !== null) this.#options.logger.warn({ err: error, worker: worker.id }, "a worker was not told");
    });
  }

  /** Resolves when it has answered, and also when it does not. */
  #ask(worker: Worker): Promise<void> {
    const ask = ++this.#asked;
    return new Promise((resolve) => {
      const answered = (): void => {
        cancel();
        this.#answers.delete(ask);
        resolve();
      };
      const cancel = this.#options.clock.schedule(metricsWithinMs, answered);
      this.#answers.set(ask, answered);
      this.#tell(worker, { weir: "metrics", ask });
    });
  }

  #change(): Promise<void> {
    return new Promise((resolve) => this.#changed.push(resolve));
  }

  #notify(): void {
    for (const resolve of this.#changed.splice(0)) resolve();
  }
}

/** The worker has said why, in a line of its own. */
function failedStart(code: number): Error {
  return code === 2
    ? new ConfigError("a worker refused its configuration")
    : new Error(`a worker ended with ${code} at its start`);
}
