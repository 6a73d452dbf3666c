import type { Clock } from "../../kernel/clock.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { PromotableReplicas } from "./promotable-replicas.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { loadScript } from "./script-loader.ts";
import { parseInfo, replidOf, type ServerInfo } from "./server-info.ts";

export interface ConfirmationOptions {
  /** A connection of its own: a WAIT holds up whatever else is sent on its connection. */
  readonly connection: Pick<RedisConnection, "command" | "connected" | "runId">;
  /** Key that is written before each wait. */
  readonly key: string;
  /** How long one confirmation may take, ms. */
  readonly waitMs: number;
  /** How long a replica that left still counts, ms. */
  readonly replicaTimeoutMs: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Sent as text: a NOSCRIPT would let the wait go before the write. A Redis that is full takes it. */
const noteWrite = loadScript("noteWrite");
/** Often enough that a replica is known before it leaves, ms. */
const lookEveryMs = 1_000;

/**
 * Finds out whether every replica that a failover may promote has what was written. WAIT alone does not say so: it counts
 * replicas, and the one that is being promoted may not be among them.
 */
export class ReplicaConfirmation {
  readonly #options: ConfirmationOptions;
  readonly #replicas: PromotableReplicas;
  #cancel = (): void => {};

  constructor(options: ConfirmationOptions) {
    this.#options = options;
    this.#replicas = new PromotableReplicas(options.replicaTimeoutMs);
  }

  /** Looks at the replicas now and from then on. Idempotent. */
  begin(): void {
    this.#cancel();
    void this.#lookNow();
    this.#cancel = this.#options.clock.schedule(lookEveryMs, () => this.begin());
  }

  end(): void {
    this.#cancel();
  }

  /**
   * Writes something, and resolves with the replication id under which each replica that counts has it in time; undefined
   * where one lacks it. The first commands are sent in the turn of the call, so they reach the server that the run id is of,
   * or fail.
   */
  async confirm(): Promise<string | undefined> {
    const { connection, key, waitMs, clock } = this.#options;
    const { runId } = connection;
    const deadline = clock.monotonic() + waitMs;
    const [, info, , seenFirst] = await connection.command((redis) =>
      Promise.all([
        redis.eval(noteWrite.body, noteWrite.keyCount, key, runId),
        redis.info("replication"),
        redis.wait(this.#wanted, waitMs),
        redis.info("replication"),
      ]),
    );
    const written = parseInfo(info);
    const offset = Number(written.get("master_repl_offset"));
    let seen = this.#look(runId, seenFirst);
    // WAIT looked for as many as were known before it. Where others count by now, it waits for all that do.
    while (!this.#replicas.haveAll(offset)) {
      const leftMs = Math.floor(deadline - clock.monotonic());
      if (leftMs < 1 || this.#replicas.count === 0 || this.#replicas.reachable < this.#replicas.count) return undefined;
      seen = this.#look(runId, await this.#waitAgain(leftMs));
    }
    // An offset means something under its own replication id alone.
    const replid = replidOf(written);
    return replidOf(seen) === replid ? replid : undefined;
  }

  get #wanted(): number {
    return Math.max(1, this.#replicas.reachable);
  }

  async #waitAgain(waitMs: number): Promise<string> {
    const [, seen] = await this.#options.connection.command((redis) =>
      Promise.all([redis.wait(this.#wanted, waitMs), redis.info("replication")]),
    );
    return seen;
  }

  async #lookNow(): Promise<void> {
    const { connection } = this.#options;
    if (!connection.connected) return;
    const { runId } = connection;
    try {
      this.#look(runId, await connection.command((redis) => redis.info("replication")));
    } catch {
      // The link is down; its own log says so.
    }
  }

  #look(runId: string, text: string): ServerInfo {
    const { clock, metrics } = this.#options;
    const info = parseInfo(text);
    this.#replicas.look(runId, info, clock.monotonic());
    metrics.set("weir_safe_replicas", {}, this.#replicas.count);
    return info;
  }
}
