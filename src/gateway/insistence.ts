import { type Bucket, type BucketRate, takeToken } from "../kernel/token-bucket.ts";

/** What a client may do against what it was told. */
export interface InsistenceRules {
  /** Requests before the time that the client was told. The burst covers those that were on their way when it was told. */
  readonly tolerated: BucketRate;
  /** With fewer than this left, its refusals are slowed. */
  readonly slowBelow: number;
}

/** What is remembered of one client. */
export interface Insistence {
  /** Until when it was told to wait, monotonic ms. */
  readonly toldUntil: number;
  readonly bucket: Bucket | undefined;
}

export const neverTold: Insistence = { toldUntil: 0, bucket: undefined };

/** How a refusal is given: at once, after a while, or by closing the connection. */
export type Manner = "plain" | "slow" | "close";

/** How to refuse a client at monotonic time `now`. One that keeps to the times it was told is always refused plainly. */
export function judgeRefusal(
  { tolerated, slowBelow }: InsistenceRules,
  before: Insistence,
  now: number,
): { readonly manner: Manner; readonly insistence: Insistence } {
  if (now >= before.toldUntil) return { manner: "plain", insistence: before };
  const { taken, bucket } = takeToken(tolerated, before.bucket, now);
  const manner = bucket.tokens < slowBelow ? "slow" : "plain";
  return { manner: taken ? manner : "close", insistence: { ...before, bucket } };
}

/** The client has an answer that tells it to wait until then. */
export function told({ toldUntil, bucket }: Insistence, until: number): Insistence {
  return { toldUntil: Math.max(toldUntil, until), bucket };
}
