import type { Clock } from "../kernel/clock.ts";
import type { ReconnectReason } from "../protocol/messages.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { departurePace } from "./departure-pace.ts";
import type { Connection } from "./ports.ts";

export interface DeparturesOptions {
  /** Those who are here now, who came first leading; asked anew for each step. */
  readonly connections: () => readonly Connection[];
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

export interface DrainOrder {
  /** Over which everyone is sent away, ms. */
  readonly windowMs: number;
  /** Aborts when there is no more time: those who are left go at once. */
  readonly signal: AbortSignal;
}

/** Between two steps, ms. */
const stepMs = 100;

/**
 * How clients leave a gateway that wants to be rid of them. Each is told first when to come back, and is served until then: a client
 * that understands moves by itself, and the transport is closed a little later for those that do not.
 */
export class Departures {
  readonly #options: DeparturesOptions;
  /** Who was told. Each is told once. */
  readonly #told = new WeakSet<Connection>();

  constructor(options: DeparturesOptions) {
    this.#options = options;
  }

  /** Those who were not told to leave. */
  get staying(): number {
    return this.#untold().length;
  }

  /** Sends away up to `count` of those who have been here longest. Returns how many. */
  release(count: number, windowMs: number): number {
    const leaving = this.#untold().slice(0, count);
    for (const connection of leaving) this.#dismiss(connection, "rebalance", departurePace(windowMs));
    return leaving.length;
  }

  /** Sends everyone away at an even pace. Resolves when nobody is left or there is no more time. */
  async drain({ windowMs, signal }: DrainOrder): Promise<void> {
    const { clock, metrics, logger, connections } = this.#options;
    const pace = departurePace(windowMs);
    const start = clock.monotonic();
    let due = 0;
    logger.info({ connections: connections().length, windowMs }, "drain began");
    while (!signal.aborted && connections().length > 0) {
      const untold = this.#untold();
      const steps = Math.max(1, Math.ceil((start + pace.tellMs - clock.monotonic()) / stepMs));
      due += untold.length / steps;
      const leaving = steps === 1 ? untold : untold.slice(0, Math.floor(due));
      due -= leaving.length;
      for (const connection of leaving) this.#dismiss(connection, "draining", pace);
      metrics.set("weir_draining_connections", {}, connections().length);
      await clock.sleep(stepMs, signal);
    }
    const left = connections();
    for (const connection of left) connection.close();
    metrics.set("weir_draining_connections", {}, 0);
    logger.info({ cutShort: left.length, ms: Math.round(clock.monotonic() - start) }, "drain ended");
  }

  #untold(): readonly Connection[] {
    return this.#options.connections().filter((connection) => !this.#told.has(connection));
  }

  #dismiss(connection: Connection, reason: ReconnectReason, pace: ReturnType<typeof departurePace>): void {
    const { clock, random, metrics } = this.#options;
    const afterMs = Math.round(random() * pace.comeBackMs);
    this.#told.add(connection);
    connection.turnAway();
    connection.send("server:reconnect", { afterMs, reason });
    clock.schedule(afterMs + pace.lingerMs, () => connection.close());
    metrics.count("weir_connections_sent_away_total", { reason });
  }
}
