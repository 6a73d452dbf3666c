import type { SlowMode, Turn } from "../../gateway/slow-mode.ts";
import type { RedisConnection } from "./redis-connection.ts";

export interface RedisSlowModeOptions {
  readonly connection: RedisConnection;
  /** Begins the name of each key. */
  readonly prefix: string;
}

/** The last turn of each user in each room, for as long as it matters. Only the clock of Redis counts. */
export class RedisSlowMode implements SlowMode {
  readonly #options: RedisSlowModeOptions;

  constructor(options: RedisSlowModeOptions) {
    this.#options = options;
  }

  async take({ room, user, id, everyMs }: Turn): Promise<number> {
    const { connection, prefix } = this.#options;
    // Rooms have no bar in their names; users may have anything, so they come last.
    return Number(await connection.run("takeTurn", [`${prefix}${room}|${user}`], [id, everyMs]));
  }
}
