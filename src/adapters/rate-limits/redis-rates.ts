import { RateLimiterRedis, RateLimiterRes } from "rate-limiter-flexible";
import type { SharedRates } from "../../gateway/shared-rate.ts";
import type { Metrics } from "../../telemetry/metrics.ts";

export interface RedisRatesOptions {
  /** An ioredis client (or cluster) that fails at once while it is not connected. */
  readonly client: object;
  /** Begins every key's name, so that deployments can share a Redis. */
  readonly prefix: string;
  readonly metrics: Metrics;
}

/** Counts of all gateways in Redis: one key and one script call for a step of requests, in the window of the limiter. */
export function createRedisRates({ client, prefix, metrics }: RedisRatesOptions): SharedRates {
  return (name, { points, seconds, step }) => {
    const limiter = new RateLimiterRedis({
      storeClient: client,
      keyPrefix: `${prefix}${name}`,
      points,
      duration: seconds,
      rejectIfRedisNotReady: true,
    });
    const windowMs = seconds * 1_000;
    const told = (result: "ok" | "refused" | "unreachable", waitMs: number): number => {
      metrics.count("weir_rate_reports_total", { limit: name, result });
      return waitMs;
    };
    return {
      step,
      spend: async (key, spent) => {
        try {
          await limiter.consume(keyName(key), spent);
          return told("ok", 0);
        } catch (refusal) {
          if (!(refusal instanceof RateLimiterRes)) return told("unreachable", 0);
          // A count that lasts for longer than its window is from before the clock of Redis went back.
          if (refusal.msBeforeNext > windowMs) await limiter.delete(keyName(key)).catch(() => {});
          return told("refused", Math.max(0, Math.min(refusal.msBeforeNext, windowMs)));
        }
      },
    };
  };
}

/** Names of users and rooms are theirs to choose; a key holds none of their characters. */
function keyName(key: string): string {
  return Buffer.from(key, "utf8").toString("base64url");
}
