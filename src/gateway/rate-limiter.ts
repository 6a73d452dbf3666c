import type { Clock } from "../kernel/clock.ts";
import { type Bucket, type BucketRate, isFull, takeToken } from "../kernel/token-bucket.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { SharedRate } from "./shared-rate.ts";

export interface RateLimiterOptions {
  readonly rate: BucketRate;
  /** Accounts remembered. Forgetting one that is not full gives its owner a full one, so this is generous. */
  readonly capacity: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** The count of all gateways. Without it, this gateway is the only one that counts. */
  readonly shared?: SharedRate;
}

interface Account {
  readonly bucket: Bucket;
  /** What passed and was not reported yet. */
  readonly unreported: number;
  /** Until then the count of all gateways refuses it, monotonic ms. */
  readonly closedUntil: number;
}

/** What passed and was not reported is forgotten with an account that was not used for this long, ms. */
const forgetUnreportedMs = 60_000;

/**
 * One bucket per key (a user, a room). Knows how long a refused one has to wait. It decides by itself and at once; what passes is reported
 * to the count of all gateways a step at a time, and that closes the account for a while if it is too much in sum.
 */
export class RateLimiter {
  /** Last used last, so that the first is the one to forget. */
  readonly #accounts = new Map<string, Account>();
  readonly #options: RateLimiterOptions;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#accounts.size;
  }

  /** Takes one token. Returns 0, or the ms to wait where there is none. */
  take(key: string): number {
    const { rate, clock } = this.#options;
    const now = clock.monotonic();
    const { bucket, unreported = 0, closedUntil = 0 } = this.#accounts.get(key) ?? {};
    if (closedUntil > now) return Math.ceil(closedUntil - now);
    const verdict = takeToken(rate, bucket, now);
    this.#accounts.delete(key);
    const passed = verdict.taken ? unreported + 1 : unreported;
    this.#accounts.set(key, { bucket: verdict.bucket, closedUntil, unreported: this.#report(key, passed) });
    this.#forget(now);
    return verdict.taken ? 0 : verdict.retryAfterMs;
  }

  /** Returns what is left to report. */
  #report(key: string, passed: number): number {
    const { shared } = this.#options;
    if (shared === undefined) return 0;
    if (passed < shared.step) return passed;
    void shared.spend(key, passed).then((waitMs) => this.#close(key, waitMs));
    return 0;
  }

  #close(key: string, waitMs: number): void {
    const account = this.#accounts.get(key);
    if (account === undefined || waitMs <= 0) return;
    this.#accounts.set(key, { ...account, closedUntil: this.#options.clock.monotonic() + waitMs });
  }

  /** Two old ones per call: what fills up goes away faster than new keys come. */
  #forget(now: number): void {
    let looked = 0;
    for (const [key, account] of this.#accounts) {
      if (looked++ === 2) return;
      const isOver = this.#isOver(account, now);
      const tooMany = this.#accounts.size > this.#options.capacity;
      if (tooMany && !isOver) this.#options.metrics.count("weir_cap_reached_total", { cap: "rate_buckets" });
      if (tooMany || isOver) this.#accounts.delete(key);
    }
  }

  #isOver({ bucket, unreported, closedUntil }: Account, now: number): boolean {
    const nothingToReport = unreported === 0 || now - bucket.at >= forgetUnreportedMs;
    return nothingToReport && closedUntil <= now && isFull(this.#options.rate, bucket, now);
  }
}
