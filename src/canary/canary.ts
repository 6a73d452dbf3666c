import type { Entry } from "../chat/entry.ts";
import { newId } from "../client/new-id.ts";
import type { Dial } from "../client/wire.ts";
import type { Clock } from "../kernel/clock.ts";
import type { Readiness } from "../lifecycle/health.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { type Leg, type LegCause, LegFailure } from "./leg.ts";
import type { CanaryPass } from "./pass.ts";
import { Peers } from "./peers.ts";
import { beginUnsound, followRound, type Soundness, type SoundnessRules } from "./soundness.ts";
import { Visit } from "./visit.ts";

export interface CanaryOptions {
  /** Who it is in the room, among all gateways. */
  readonly user: string;
  readonly pass: CanaryPass;
  /** Where this process listens; asked anew for each connection. */
  readonly url: () => string;
  readonly dial: Dial;
  /** Between two rounds, ms. */
  readonly everyMs: number;
  readonly readiness: Readiness;
  readonly metrics: Metrics;
  readonly logger: Logger;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** Its place in the room, and when we had it, monotonic ms. */
interface Acknowledged {
  readonly id: string;
  readonly seq: number;
  readonly at: number;
}

/** How long each leg may take, ms. Twice the objective for storage: past it the message counts as not stored. */
const legMs = 5_000;
const storedMs = 10_000;
/** A canary that does not come through tries so many times as often, so that it soon sees the end of it. */
const hurry = 4;
/** Rounds that may come to nothing before readiness ends, and sound ones in a row that bring it back. */
const patience = 3;
const toReturn = 2;

/**
 * Sends a message through the whole of this gateway every few seconds and measures each leg. Each round comes in by a connection of its own and
 * stays until the next one is in, so that others' messages are heard at any time. It speaks against readiness while rounds break off before
 * the delivery: what the gateway refuses, and what the store does, is measured and not held against it (docs/adr/0008).
 */
export class Canary implements Service {
  readonly name = "canary";
  readonly #options: CanaryOptions;
  readonly #rules: SoundnessRules;
  readonly #peers: Peers;
  readonly #stop = new AbortController();
  readonly #lastAt: { live: number; stored: number };
  #soundness: Soundness;
  /** Under way, and the one before, which listens. */
  #visiting: Visit | undefined;
  #resident: Visit | undefined;
  #trouble = "";
  #done: Promise<void> = Promise.resolve();

  constructor(options: CanaryOptions) {
    const { clock, metrics, everyMs } = options;
    this.#options = options;
    this.#rules = { maxAgeMs: patience * everyMs + legMs, toReturn };
    this.#soundness = beginUnsound(this.#rules, clock.monotonic());
    this.#lastAt = { live: clock.monotonic(), stored: clock.monotonic() };
    this.#peers = new Peers({
      ...options,
      onAnswered: (ms) => this.#observe("peer", ms),
      onUnanswered: () => this.#count("peer", "broken"),
    });
    metrics.beforeScrape(() => {
      for (const [part, at] of Object.entries(this.#lastAt))
        metrics.set("weir_canary_age_seconds", { part }, (clock.monotonic() - at) / 1_000);
    });
  }

  async start(): Promise<void> {
    this.#options.readiness.object(this.name, "the canary has not come through yet");
    this.#done = this.#run();
  }

  /** Its connection is none of those that a leaving gateway sends away. */
  drain(): Promise<void> {
    return this.stop();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    this.#visiting?.close();
    this.#resident?.close();
    await this.#done;
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#stop;
    while (!signal.aborted) {
      const start = clock.monotonic();
      await this.#round();
      await clock.sleep(Math.max(0, this.#pace() - (clock.monotonic() - start)), signal);
    }
  }

  /** Gateways that started together do not go on together. */
  #pace(): number {
    const { everyMs, random } = this.#options;
    const { isSound, inRow } = this.#soundness;
    return ((0.9 + random() / 5) * everyMs) / (isSound && inRow > 0 ? 1 : hurry);
  }

  async #round(): Promise<void> {
    const { url, pass } = this.#options;
    const visit = new Visit({
      ...this.#options,
      url: url(),
      token: pass.issue(),
      legMs,
      storedMs,
      onEntry: (entry) => this.#heard(visit, entry),
    });
    this.#visiting = visit;
    try {
      const acknowledged = await this.#live(visit);
      this.#lastAt.live = this.#options.clock.monotonic();
      this.#judge(true);
      await this.#durable(visit, acknowledged);
      this.#succeeded();
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#failed(visit, error);
    } finally {
      if (visit !== this.#resident) visit.close();
    }
  }

  async #live(visit: Visit): Promise<Acknowledged> {
    const { clock } = this.#options;
    await this.#leg("connect", () => visit.connect());
    await this.#leg("join", () => visit.join());
    this.#resident?.close();
    this.#resident = visit;
    const id = newId();
    const receipts = this.#peers.sending(id);
    const sentAt = clock.monotonic();
    // Side by side: where an acknowledgement waits for the store, the delivery does not.
    const [sent, arrived] = await Promise.allSettled([
      this.#leg("send", async () => ({ id, seq: await visit.send(id, receipts), at: clock.monotonic() })),
      this.#leg("deliver", () => visit.arrival(id), sentAt),
    ]);
    if (sent.status === "rejected") throw sent.reason;
    if (arrived.status === "rejected") throw arrived.reason;
    return sent.value;
  }

  async #durable(visit: Visit, { id, seq, at }: Acknowledged): Promise<void> {
    await this.#leg("stored", () => visit.stored(seq), at);
    await this.#leg("history", () => visit.readBack(id, seq));
    this.#lastAt.stored = this.#options.clock.monotonic();
  }

  async #leg<T>(leg: Leg, go: () => Promise<T>, from = this.#options.clock.monotonic()): Promise<T> {
    try {
      const result = await go();
      this.#observe(leg, this.#options.clock.monotonic() - from);
      return result;
    } catch (error) {
      throw new LegFailure(leg, error);
    }
  }

  #heard(visit: Visit, entry: Entry): void {
    if (visit === this.#resident) this.#peers.heard(entry);
  }

  #succeeded(): void {
    if (this.#trouble !== "") this.#options.logger.info({}, "the canary comes through again");
    this.#trouble = "";
  }

  #failed(visit: Visit, error: unknown): void {
    const { logger } = this.#options;
    if (!(error instanceof LegFailure)) return logger.error({ err: error }, "the canary failed");
    const { leg, kind } = error;
    this.#count(leg, kind);
    if (leg !== "stored" && leg !== "history") this.#judge(kind === "refused" || visit.hasDelivered);
    if (this.#trouble !== error.message) logger.warn({ err: error, leg }, "the canary does not come through");
    this.#trouble = error.message;
  }

  #judge(isSound: boolean): void {
    const { clock, readiness } = this.#options;
    this.#soundness = followRound(this.#rules, this.#soundness, { isSound, at: clock.monotonic() });
    if (this.#soundness.isSound) readiness.clear(this.name);
    else readiness.object(this.name, "the canary does not come through");
  }

  #observe(leg: Leg, ms: number): void {
    this.#options.metrics.observe("weir_canary_seconds", { leg }, ms / 1_000);
  }

  #count(leg: Leg, cause: LegCause): void {
    this.#options.metrics.count("weir_canary_failures_total", { leg, cause });
  }
}
