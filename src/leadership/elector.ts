import type { Clock } from "../kernel/clock.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import { acquireJitter, checkTiming, type ElectionTiming } from "./election-timing.ts";
import type { Lease, LeaseRecord, Led } from "./lease.ts";
import { isTakeable, type ObservedLease, observe, remaining } from "./observed-lease.ts";
import { createTerm, type Term } from "./term.ts";
import { within } from "./within.ts";

/*
 *             nobody else's, or unchanged for its duration
 *   following ---------------------------------------------> leading
 *       ^                                                       | deadline passed, lost, stopped, or the work ended
 *       +--------------------- resigning <----------------------+
 *               (the work has stopped, the lease is given back)
 *
 * A lease alone can't promise a single leader: a process may stall at any instruction and wake up after its time. So the work
 * shows the term's token with each destructive act, and this machine only has to make overlaps rare.
 */
export type ElectorState =
  | { readonly kind: "idle" }
  | { readonly kind: "following"; readonly holder: string }
  | { readonly kind: "leading"; readonly token: number }
  | { readonly kind: "resigning"; readonly token: number }
  | { readonly kind: "stopped" };

export interface ElectorOptions {
  readonly lease: Lease;
  /** Unique to this process and run; a restarted process is a new candidate. */
  readonly identity: string;
  readonly led: Led;
  readonly timing: ElectionTiming;
  readonly clock: Clock;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/**
 * Work that ends by itself may have found its token too low: tokens begin again at 1 when someone deletes the lease, below a fence
 * that remembers. So each such term is followed by one with a token twice as far ahead, up to this.
 */
const largestStep = 1_024;

/** Competes for a lease for as long as it runs, and has the work done whenever it holds it. */
export class Elector implements Service {
  readonly name = "elector";
  readonly #options: ElectorOptions;
  readonly #stopping = new AbortController();
  #observed: ObservedLease | undefined;
  #highestToken = 0;
  #tokenStep = 1;
  #state: ElectorState = { kind: "idle" };
  #running: Promise<void> | undefined;

  /** Throws RangeError for an unsound timing or an empty identity. */
  constructor(options: ElectorOptions) {
    if (options.identity === "") throw new RangeError("an elector needs an identity");
    checkTiming(options.timing);
    this.#options = options;
  }

  get state(): ElectorState {
    return this.#state;
  }

  async start(): Promise<void> {
    this.#enter({ kind: "following", holder: "" });
    this.#running = this.#run();
  }

  /** Resolves when the work has stopped and the lease was given back, or could not be within the renew deadline. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
    this.#enter({ kind: "stopped" });
  }

  async #run(): Promise<void> {
    const { clock } = this.#options;
    while (!this.#stopping.signal.aborted) {
      const term = await this.#tryAcquire();
      if (term !== undefined) await this.#serve(term);
      await clock.sleep(this.#pauseMs(), this.#stopping.signal);
    }
  }

  /** Sooner where the lease that is watched runs out: a takeover then need not wait for one more pause. */
  #pauseMs(): number {
    const { clock, timing, random } = this.#options;
    const pauseMs = timing.retryMs * (1 + random() * (acquireJitter - 1));
    const leftMs = this.#observed === undefined ? 0 : remaining(this.#observed, clock.monotonic());
    return leftMs > 0 ? Math.min(pauseMs, leftMs + (random() * timing.retryMs) / 2) : pauseMs;
  }

  /** Every term gets a token above all that were seen, also when the lease was deleted or is still this process's own. */
  async #tryAcquire(): Promise<Term | undefined> {
    const { lease, clock, identity, timing, logger } = this.#options;
    try {
      const record = await within(clock, timing.renewDeadlineMs / 2, () => lease.read());
      if (record !== undefined && !this.#mayTake(record)) return undefined;
      const renewedAt = clock.monotonic();
      this.#highestToken += this.#tokenStep;
      const claim = { holder: identity, durationMs: timing.leaseMs, transitions: this.#highestToken };
      const mine = await within(clock, timing.renewDeadlineMs / 2, () => lease.write(claim, record?.version));
      return mine === undefined ? undefined : createTerm(this.#options, { record: mine, renewedAt });
    } catch (error) {
      logger.warn({ err: error }, "lease could not be reached");
      return undefined;
    }
  }

  #mayTake(record: LeaseRecord): boolean {
    const now = this.#options.clock.monotonic();
    this.#observed = observe(this.#observed, record, now);
    this.#highestToken = Math.max(this.#highestToken, record.transitions);
    if (this.#state.kind === "following" && this.#state.holder !== record.holder)
      this.#enter({ kind: "following", holder: record.holder });
    return isTakeable(this.#observed, this.#options.identity, now);
  }

  async #serve(term: Term): Promise<void> {
    const { led, logger } = this.#options;
    if (this.#stopping.signal.aborted || term.isOver()) return this.#release(term);
    this.#enter({ kind: "leading", token: term.token });
    this.#options.metrics.count("weir_leader_terms_total", {});
    const over = new AbortController();
    const work = led
      .lead(term.token, AbortSignal.any([this.#stopping.signal, over.signal]))
      .catch((error: unknown) => logger.error({ err: error }, "leading ended with an error"));
    const held = term.hold(this.#stopping.signal);
    const first = await Promise.race([work.then(() => "work"), held.then(() => "term")]);
    this.#tokenStep =
      first === "work" && !this.#stopping.signal.aborted ? Math.min(2 * this.#tokenStep, largestStep) : 1;
    this.#enter({ kind: "resigning", token: term.token });
    over.abort();
    term.end();
    await Promise.all([work, held]);
    await this.#release(term);
    this.#enter({ kind: "following", holder: "" });
  }

  /** Compare-and-set on the version of the last renewal: someone else's lease is never touched. */
  async #release(term: Term): Promise<void> {
    const { lease, clock, timing, logger } = this.#options;
    try {
      const { version } = term.record();
      const released = { holder: "", durationMs: 1, transitions: term.token };
      await within(clock, timing.renewDeadlineMs, () => lease.write(released, version));
    } catch (error) {
      logger.warn({ err: error }, "lease could not be given back");
    }
  }

  #enter(state: ElectorState): void {
    this.#options.metrics.set("weir_leader", {}, state.kind === "leading" ? 1 : 0);
    if (state.kind !== this.#state.kind) this.#options.logger.info({ ...state }, "leadership");
    this.#state = state;
  }
}
