import type { Clock } from "../kernel/clock.ts";
import type { Durability } from "../protocol/schemas.ts";
import type { Logger } from "../telemetry/logger.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { LogAppender, LogReader } from "../write-behind/index.ts";
import type { Feeds } from "./feeds.ts";
import type { GatewayLimits } from "./gateway-limits.ts";
import type { Shedding } from "./load-level.ts";
import type { Broadcaster, TokenVerifier } from "./ports.ts";
import type { RateLimiter } from "./rate-limiter.ts";
import type { RoomGate } from "./room-gate.ts";
import type { RoomHistory } from "./room-history.ts";
import type { TypingGate } from "./typing-gate.ts";

/** What the sessions of one gateway share. */
export interface GatewayParts {
  readonly log: LogAppender & LogReader;
  readonly history: RoomHistory;
  readonly feeds: Feeds;
  readonly verifier: TokenVerifier;
  readonly broadcaster: Broadcaster;
  readonly typing: TypingGate;
  readonly rates: {
    readonly user: RateLimiter;
    readonly join: RateLimiter;
    readonly leave: RateLimiter;
    readonly history: RateLimiter;
    readonly receipt: RateLimiter;
  };
  readonly rooms: RoomGate;
  readonly limits: GatewayLimits;
  /** What is given up at present. */
  readonly load: () => Shedding;
  /** What an acknowledgement means at least; undefined: the best that the log has. */
  readonly durability: Durability | undefined;
  readonly clock: Clock;
  /** Numbers in [0, 1). */
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
}
