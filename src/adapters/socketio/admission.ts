import type { Clock } from "../../kernel/clock.ts";
import { type Bucket, type BucketRate, takeToken } from "../../kernel/token-bucket.ts";
import { ChatError } from "../../protocol/errors.ts";

export interface AdmissionOptions {
  readonly rate: BucketRate;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
}

/** Refused clients come back over this much time, so that they do not come back together, ms. */
const spreadMs = 2_000;

/**
 * Lets in as many handshakes as one process can take without the clients it has noticing. The cheapest check, so the first.
 * @returns a function that throws ChatError RATE_LIMITED with a time to wait
 */
export function createAdmission({ rate, clock, random }: AdmissionOptions): () => void {
  let bucket: Bucket | undefined;
  return () => {
    const verdict = takeToken(rate, bucket, clock.monotonic());
    bucket = verdict.bucket;
    if (verdict.taken) return;
    const retryAfterMs = verdict.retryAfterMs + Math.round(random() * spreadMs);
    throw new ChatError("RATE_LIMITED", "too many handshakes", { retryAfterMs });
  };
}
