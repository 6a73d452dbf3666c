import type { Clock } from "../kernel/clock.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { Fleet } from "./fleet.ts";
import { decideShed, evenState, imbalanceOf, type ShedState, shedRules } from "./shed.ts";

export interface ShedderOptions {
  /** Of this gateway, unique in the fleet. */
  readonly id: string;
  readonly fleet: Fleet;
  /** Revision of the room policies that it applies. */
  readonly policies: () => number;
  readonly gateway: {
    readonly connections: number;
    release(count: number): number;
  };
  /** False while this gateway starts, drains or is overloaded. */
  readonly mayShed: () => boolean;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Between two reports, ms. */
  readonly tickMs?: number;
}

const defaultTickMs = 1_000;

/** Tells the fleet what this gateway holds, and lets go of clients while it holds more than its share. */
export class Shedder implements Service {
  readonly name = "shedder";
  readonly #options: ShedderOptions;
  readonly #stop = new AbortController();
  #state: ShedState = evenState;
  #released = 0;
  #done: Promise<void> = Promise.resolve();

  constructor(options: ShedderOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.#done = this.#run();
  }

  /** Those who are sent away from now on are on their way to the others: this gateway has no share any more. */
  async drain(): Promise<void> {
    await this.stop();
    await this.#options.fleet.leave(this.#options.id).catch((error: unknown) => this.#unheard(error));
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock, tickMs = defaultTickMs } = this.#options;
    while (!this.#stop.signal.aborted) {
      await this.#tick().catch((error: unknown) => this.#unheard(error));
      await clock.sleep(tickMs, this.#stop.signal);
    }
  }

  async #tick(): Promise<void> {
    const { id, fleet, gateway, policies, mayShed, metrics } = this.#options;
    const loads = await fleet.report({ gateway: id, connections: gateway.connections, policies: policies() });
    if (this.#stop.signal.aborted) return;
    const facts = { own: gateway.connections, all: loads.map(({ connections }) => connections), may: mayShed() };
    metrics.set("weir_fleet_gateways", {}, loads.length);
    metrics.set("weir_fleet_imbalance", {}, imbalanceOf(facts));
    const { state, count } = decideShed(shedRules, this.#state, facts);
    this.#note(state, facts);
    if (count > 0) this.#released += gateway.release(count);
  }

  #note(state: ShedState, facts: { readonly own: number; readonly all: readonly number[] }): void {
    const { logger, metrics } = this.#options;
    const before = this.#state;
    this.#state = state;
    metrics.set("weir_rebalancing", {}, state.shedding ? 1 : 0);
    if (state.shedding === before.shedding) return;
    const fields = { connections: facts.own, imbalance: imbalanceOf(facts), gateways: facts.all.length };
    if (state.shedding) logger.info(fields, "shed began");
    else logger.info({ ...fields, released: this.#released }, "shed ended");
    this.#released = 0;
  }

  /** Without the others' figures nobody lets go of anyone. */
  #unheard(error: unknown): void {
    this.#state = evenState;
    this.#options.metrics.set("weir_rebalancing", {}, 0);
    this.#options.logger.debug({ err: error }, "the fleet was not reached");
  }
}
