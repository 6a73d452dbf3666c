/** A bucket that refills steadily: `ratePerSecond` in the long run, `burst` at once after a pause. */
export interface BucketRate {
  readonly ratePerSecond: number;
  readonly burst: number;
}

/** What a bucket holds and when that was true. Immutable, so that a decision is a pure function of it. */
export interface Bucket {
  readonly tokens: number;
  /** Monotonic ms. */
  readonly at: number;
}

export type BucketVerdict =
  | { readonly taken: true; readonly bucket: Bucket }
  | { readonly taken: false; readonly bucket: Bucket; readonly retryAfterMs: number };

/** Takes one token at monotonic time `now`. A bucket that was never used (`undefined`) is full. */
export function takeToken(rate: BucketRate, bucket: Bucket | undefined, now: number): BucketVerdict {
  return takeTokens(rate, bucket, { count: 1, now });
}

/** Takes `count` tokens at monotonic time `now`, or none. More than `burst` are never there. */
export function takeTokens(
  rate: BucketRate,
  bucket: Bucket | undefined,
  { count, now }: { readonly count: number; readonly now: number },
): BucketVerdict {
  const before = bucket ?? { tokens: rate.burst, at: now };
  const refill = (Math.max(0, now - before.at) * rate.ratePerSecond) / 1_000;
  const tokens = Math.min(rate.burst, before.tokens + refill);
  if (tokens >= count) return { taken: true, bucket: { tokens: tokens - count, at: now } };
  const retryAfterMs = Math.ceil(((count - tokens) * 1_000) / rate.ratePerSecond);
  return { taken: false, bucket: { tokens, at: now }, retryAfterMs };
}

/** Whether forgetting the bucket changes nothing, because it would be full by now. */
export function isFull(rate: BucketRate, bucket: Bucket, now: number): boolean {
  return bucket.tokens + ((now - bucket.at) * rate.ratePerSecond) / 1_000 >= rate.burst;
}
