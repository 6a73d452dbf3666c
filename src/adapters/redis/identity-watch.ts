import type { Clock } from "../../kernel/clock.ts";
import type { RedisConnection } from "./redis-connection.ts";
import { parseInfo, replidOf } from "./server-info.ts";

export interface IdentityWatchOptions {
  readonly connection: Pick<RedisConnection, "command" | "connected" | "onReady">;
  /** Called when the server has another history of writes than before, although the connection stayed. */
  readonly changed: () => void;
  readonly clock: Clock;
}

/** Below the grace of a partition that was opened anew, ms: the floors of this process have to come within it. */
const lookEveryMs = 500;

/**
 * Notices that the server was a replica for a while, behind a connection that stayed open. The scripts notice it too, but an
 * idle process runs none, and the others wait for its floors no longer than the grace.
 */
export class IdentityWatch {
  readonly #options: IdentityWatchOptions;
  #replid: string | undefined;
  #cancel = (): void => {};

  constructor(options: IdentityWatchOptions) {
    this.#options = options;
    // A new connection says by itself that something may have changed.
    options.connection.onReady(() => {
      this.#replid = undefined;
    });
  }

  begin(): void {
    void this.#look();
    this.#cancel = this.#options.clock.schedule(lookEveryMs, () => this.begin());
  }

  end(): void {
    this.#cancel();
  }

  async #look(): Promise<void> {
    const { connection, changed } = this.#options;
    if (!connection.connected) return;
    try {
      const replid = replidOf(parseInfo(await connection.command((redis) => redis.info("replication"))));
      const before = this.#replid;
      this.#replid = replid;
      if (before !== undefined && before !== replid) changed();
    } catch {
      // The link is down; its own log says so.
    }
  }
}
