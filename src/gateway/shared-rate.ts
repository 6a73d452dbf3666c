import type { BucketRate } from "../kernel/token-bucket.ts";

/** What the gateways count together. The name is part of the count's name, so it stays as it is. */
export type RateName = "user" | "room" | "room_user" | "join" | "history";

/** So many points in so many seconds, counted from the first one. */
export interface RateWindow {
  readonly seconds: number;
  readonly points: number;
  /** How many a gateway lets pass before it reports them. */
  readonly step: number;
}

/** One count for each key, which all gateways add to. */
export interface SharedRate {
  readonly step: number;
  /**
   * Adds what passed here. Resolves with how long the key has to wait by the count of all gateways, ms: 0 while it is within its window, and
   * 0 where the count can't be reached. Never rejects.
   */
  spend(key: string, points: number): Promise<number>;
}

export type SharedRates = (name: RateName, window: RateWindow) => SharedRate;

/**
 * The window that belongs to a bucket. It holds all that one bucket lets pass in that time and what may be unreported when it begins, so who
 * keeps to the rate on one gateway is never refused by it. It is four times as long as the bucket takes to fill: over all gateways the
 * rate is 1.3 times that of one in the long run, and a step more in each window for each further gateway.
 */
export function windowOf({ ratePerSecond, burst }: BucketRate): RateWindow {
  const seconds = Math.max(1, Math.round((4 * burst) / ratePerSecond));
  const step = Math.max(1, Math.ceil(burst / 4));
  return { seconds, points: Math.ceil(burst + ratePerSecond * seconds) + step, step };
}
