import type { Clock } from "../../kernel/clock.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { unavailable } from "./unavailable.ts";

export interface BarrierOptions {
  /** A connection of its own: a WAIT holds up whatever else is sent on its connection. */
  readonly connection: Pick<RedisConnection, "runId">;
  /**
   * Writes something over that connection, and says under which replication id every replica that counts has it in time;
   * undefined where one lacks it. Its first commands are sent in the turn of the call, so they reach the server that the run
   * id is of, or fail.
   */
  readonly confirm: () => Promise<string | undefined>;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** One life of a server as a primary. In another life it may have lost what it acknowledged. */
export interface ServerLife {
  readonly runId: string;
  readonly replid: string;
}

interface Waiting {
  readonly life: ServerLife;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Waits until the replicas have what was written. One wait is under way at a time, and stands for everyone who came before it
 * began: a WAIT for a thousand appends costs as much as one for one.
 *
 * The appends themselves go over the connection of all commands, so that they take their places in the order in which they
 * came, whatever their tiers, and are not held up by a wait. A write of the barrier's own follows them; a replica that has
 * it has all that was before it. That also holds for a duplicate, which writes nothing itself. (A WAIT alone waits for what
 * its own connection wrote last, and where that is nothing it says yes at once.)
 */
export class ReplicaBarrier {
  readonly #options: BarrierOptions;
  #waiting: Waiting[] = [];
  #running = false;

  constructor(options: BarrierOptions) {
    this.#options = options;
  }

  /**
   * Resolves when every replica that counts has everything that this process was told, before the call, to be done in this life of the server.
   * Rejects with UNAVAILABLE where one lacks it after its time, or the server is another one by now: then it may be lost.
   */
  pass(life: ServerLife): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ life, resolve, reject });
      if (this.#running) return;
      this.#running = true;
      // After what came in with the same read of the socket.
      setImmediate(() => void this.#run());
    });
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) await this.#wait(this.#waiting.splice(0));
    this.#running = false;
  }

  async #wait(batch: readonly Waiting[]): Promise<void> {
    const { clock, metrics } = this.#options;
    const start = clock.monotonic();
    const result = await this.#replicated().catch((error: unknown) =>
      unavailable("the replicas did not confirm it", error),
    );
    const outcome = result instanceof Error ? "failed" : "ok";
    metrics.observe("weir_replica_wait_seconds", { result: outcome }, (clock.monotonic() - start) / 1_000);
    for (const { life, resolve, reject } of batch) {
      if (result instanceof Error) reject(result);
      else if (result.runId === life.runId && result.replid === life.replid) resolve();
      else reject(unavailable("the log is in another life of its server"));
    }
  }

  /** In which life of the server the replicas now have everything. */
  async #replicated(): Promise<ServerLife> {
    const { runId } = this.#options.connection;
    const replid = await this.#options.confirm();
    if (replid === undefined) throw unavailable("a replica lacks it, or there is none");
    return { runId, replid };
  }
}
