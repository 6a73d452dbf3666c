import type { Clock } from "../kernel/clock.ts";
import { type Bucket, type BucketRate, isFull, takeToken } from "../kernel/token-bucket.ts";

export interface RateLimiterOptions {
  readonly rate: BucketRate;
  /** Buckets remembered. Forgetting one that is not full gives its owner a full one, so this is generous. */
  readonly capacity: number;
  readonly clock: Clock;
}

/** One bucket per key (a user, a room). Knows how long a refused one has to wait. */
export class RateLimiter {
  /** Last used last, so that the first is the one to forget. */
  readonly #buckets = new Map<string, Bucket>();
  readonly #options: RateLimiterOptions;

  constructor(options: RateLimiterOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#buckets.size;
  }

  /** Takes one token. Returns 0, or the ms to wait where there is none. */
  take(key: string): number {
    const { rate, clock } = this.#options;
    const now = clock.monotonic();
    const verdict = takeToken(rate, this.#buckets.get(key), now);
    this.#buckets.delete(key);
    this.#buckets.set(key, verdict.bucket);
    this.#forget(now);
    return verdict.taken ? 0 : verdict.retryAfterMs;
  }

  /** Two old ones per call: what fills up goes away faster than new keys come. */
  #forget(now: number): void {
    let looked = 0;
    for (const [key, bucket] of this.#buckets) {
      if (looked++ === 2) return;
      const tooMany = this.#buckets.size > this.#options.capacity;
      if (tooMany || isFull(this.#options.rate, bucket, now)) this.#buckets.delete(key);
    }
  }
}
