import { type CloseCause, type QueueLimits, type QueueSnapshot, slowness } from "../../gateway/slow-consumer.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { createFrameReader } from "./outbound-frame.ts";
import { type GateStep, type GateWatcher, OutboundGate, type Outlet, type Stream } from "./outbound-gate.ts";
import type { Waiter } from "./outbound-queue.ts";

export interface OutboundGatesOptions {
  readonly limits: QueueLimits;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Between two looks at the gates where something waits, ms. */
const reviewMs = 1_000;

/** The gates of all connections, and what is reported of them. */
export class OutboundGates implements GateWatcher {
  readonly #gates = new WeakMap<Outlet, OutboundGate>();
  readonly #waiting = new Set<OutboundGate>();
  readonly #cuts = new WeakMap<OutboundGate, () => void>();
  readonly #read = createFrameReader();
  readonly #options: OutboundGatesOptions;
  #reviewing = false;

  constructor(options: OutboundGatesOptions) {
    this.#options = options;
    options.metrics.beforeScrape(() => this.#measure());
  }

  /**
   * Puts a gate before a connection.
   * @param cut ends the connection at once
   * @param stream what the connection's WebSocket writes to, where it began as one
   */
  guard(conn: Outlet, cut: () => void, stream?: Stream): void {
    const { limits, clock } = this.#options;
    const gate = new OutboundGate({ conn, stream, limits, clock, read: this.#read, watcher: this });
    this.#gates.set(conn, gate);
    this.#cuts.set(gate, cut);
  }

  of(conn: Outlet): OutboundGate | undefined {
    return this.#gates.get(conn);
  }

  /** Cuts off those for whom most waits, so many at most. Returns how many there were. */
  closeSlowest(atMost: number): number {
    const slow = [...this.#waiting]
      .map((gate) => ({ gate, by: slowness(gate.snapshot()) }))
      .filter(({ by }) => by > 0)
      .toSorted((a, b) => b.by - a.by)
      .slice(0, atMost);
    for (const { gate } of slow) gate.giveUp("memory");
    return slow.length;
  }

  waiting(gate: OutboundGate, waits: boolean): void {
    if (!waits) return void this.#waiting.delete(gate);
    this.#waiting.add(gate);
    if (this.#reviewing) return;
    this.#reviewing = true;
    this.#options.clock.schedule(reviewMs, () => this.#review());
  }

  dropped(step: GateStep, waiters: readonly Waiter[]): void {
    for (const { frame } of waiters)
      this.#options.metrics.count("weir_outbound_dropped_total", { class: frame.kind, step }, frame.messages);
  }

  step(gate: OutboundGate, step: GateStep, before: QueueSnapshot): void {
    this.#options.metrics.count("weir_slow_client_steps_total", { step });
    const level = step === "resync" || step === "hold" ? "info" : "debug";
    this.#options.logger[level]({ user: gate.user, step, queue: before }, "a client does not keep up");
  }

  close(gate: OutboundGate, cause: CloseCause, before: QueueSnapshot): void {
    const { metrics, logger, clock } = this.#options;
    metrics.count("weir_slow_client_steps_total", { step: "close" });
    metrics.count("weir_slow_client_closes_total", { cause });
    logger.warn({ user: gate.user, cause, queue: before }, "a client that does not keep up is cut off");
    // Not at once: it may be noticed in the middle of a broadcast.
    clock.schedule(0, () => this.#cuts.get(gate)?.());
  }

  waited(ms: number): void {
    this.#options.metrics.observe("weir_outbound_wait_seconds", {}, ms / 1_000);
  }

  #review(): void {
    for (const gate of this.#waiting) gate.review();
    this.#reviewing = this.#waiting.size > 0;
    if (this.#reviewing) this.#options.clock.schedule(reviewMs, () => this.#review());
  }

  #measure(): void {
    const { metrics } = this.#options;
    const all = [...this.#waiting].map((gate) => gate.snapshot());
    const bytes = (pick: "durable" | "ephemeral" | "answers"): number => all.reduce((sum, s) => sum + s[pick].bytes, 0);
    metrics.set("weir_outbound_queue_bytes", { class: "durable" }, bytes("durable"));
    metrics.set("weir_outbound_queue_bytes", { class: "ephemeral" }, bytes("ephemeral"));
    metrics.set("weir_outbound_queue_bytes", { class: "kept" }, bytes("answers"));
    const oldest = Math.max(0, ...all.flatMap((s) => [s.durable.oldestMs, s.ephemeral.oldestMs, s.answers.oldestMs]));
    metrics.set("weir_outbound_queue_oldest_seconds", {}, oldest / 1_000);
    metrics.set("weir_slow_clients", { state: "waiting" }, all.filter(({ held }) => !held).length);
    metrics.set("weir_slow_clients", { state: "held" }, all.filter(({ held }) => held).length);
  }
}
