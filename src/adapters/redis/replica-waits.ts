import type { Redis } from "ioredis";
import { ConfigError } from "../../config/index.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { RedisConnection } from "./redis-connection.ts";
import { ReplicaBarrier } from "./replica-barrier.ts";
import { ReplicaConfirmation } from "./replica-confirmation.ts";
import { parseInfo } from "./server-info.ts";
import { whyNotSafe } from "./why-not-safe.ts";

export interface ReplicaWaitsOptions {
  readonly safe: "no" | "offered" | "required";
  /** Makes the connection that waits. */
  readonly client: () => Redis;
  readonly prefix: string;
  /** How long one command may take, ms. */
  readonly commandTimeoutMs: number;
  /** How long a replica that left still counts, ms. */
  readonly replicaTimeoutMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

/** Of a command's time, the share that a wait for a replica may take: its answer has to come within the rest. */
const waitShare = 0.8;

/** Finds out at the start whether appends can wait for a replica, and has the connection that does it where they can. */
export class ReplicaWaits {
  readonly #options: ReplicaWaitsOptions;
  #connection: RedisConnection | undefined;
  #confirmation: ReplicaConfirmation | undefined;
  #barrier: ReplicaBarrier | undefined;

  constructor(options: ReplicaWaitsOptions) {
    this.#options = options;
  }

  /** Undefined where waiting is not offered, and before `prepare`. */
  get barrier(): ReplicaBarrier | undefined {
    return this.#barrier;
  }

  /** Whether there is nothing to connect, or it works. */
  get connected(): boolean {
    return this.#connection?.connected ?? true;
  }

  /** Asks the server what it is, and begins to connect where waiting makes sense. Rejects with a ConfigError where it is required and does not. */
  async prepare(commands: RedisConnection): Promise<void> {
    const { safe, logger, metrics } = this.#options;
    if (safe === "no") return;
    const why = whyNotSafe(parseInfo(await commands.command((client) => client.info())));
    if (why !== undefined && safe === "required") {
      throw new ConfigError(
        `WEIR_DURABILITY: "safe" is not possible on this Redis: ${why}; or set WEIR_DURABILITY=fast`,
      );
    }
    metrics.set("weir_log_safe", {}, why === undefined ? 1 : 0);
    if (why === undefined) this.#open();
    logger.info({ safe: why === undefined, why }, "whether an acknowledgement can be safe");
  }

  async close(): Promise<void> {
    this.#confirmation?.end();
    await this.#connection?.close();
  }

  #open(): void {
    const { client, prefix, commandTimeoutMs, replicaTimeoutMs, clock, metrics } = this.#options;
    const connection = new RedisConnection({ ...this.#options, client: client(), use: "replicaWaits" });
    connection.open();
    this.#connection = connection;
    const waitMs = Math.max(1, Math.floor(commandTimeoutMs * waitShare));
    const confirmation = new ReplicaConfirmation({
      connection,
      key: `${prefix}replicated`,
      waitMs,
      replicaTimeoutMs,
      clock,
      metrics,
    });
    connection.onReady(() => confirmation.begin());
    this.#confirmation = confirmation;
    this.#barrier = new ReplicaBarrier({ connection, confirm: () => confirmation.confirm(), clock, metrics });
  }
}
