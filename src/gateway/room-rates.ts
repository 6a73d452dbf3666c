import type { BucketRate } from "../kernel/token-bucket.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { RateName } from "./shared-rate.ts";

export type RoomRateName = Extract<RateName, "room" | "room_user">;

/** Different rates that are kept at a time; beyond, the one used longest ago begins anew with full buckets. */
const limitersMax = 100;

/** Limits of rooms whose rates differ: one limiter for each rate, made when it is first used. A room whose rate changes begins with a full bucket. */
export class RoomRates {
  readonly #make: (name: RateName, rate: BucketRate) => RateLimiter;
  readonly #metrics: Metrics;
  readonly #limiters = new Map<string, RateLimiter>();

  constructor(make: (name: RateName, rate: BucketRate) => RateLimiter, metrics: Metrics) {
    this.#make = make;
    this.#metrics = metrics;
  }

  /** Takes one token of a room, or of a user in a room. Returns 0, or the ms to wait where there is none. */
  take(name: RoomRateName, rate: BucketRate, key: string): number {
    const id = `${name} ${rate.ratePerSecond} ${rate.burst}`;
    const limiter = this.#limiters.get(id) ?? this.#make(name, rate);
    this.#limiters.delete(id);
    this.#limiters.set(id, limiter);
    if (this.#limiters.size > limitersMax) this.#forgetOldest();
    return limiter.take(key);
  }

  #forgetOldest(): void {
    const [oldest] = this.#limiters.keys();
    if (oldest === undefined) return;
    this.#metrics.count("weir_cap_reached_total", { cap: "room_rates" });
    this.#limiters.delete(oldest);
  }
}
