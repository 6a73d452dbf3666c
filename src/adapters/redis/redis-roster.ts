import type { RoomRoster } from "../../gateway/room-roster.ts";
import type { RedisConnection } from "./redis-connection.ts";

export interface RedisRosterOptions {
  readonly connection: RedisConnection;
  /** Begins the name of each room's key. */
  readonly prefix: string;
  readonly leaseMs: number;
}

/** Users renewed in one call: the server does nothing else meanwhile. */
const usersAtOnce = 500;

/** Places in rooms, a sorted set each. Only the clock of Redis counts. */
export class RedisRoster implements RoomRoster {
  readonly #options: RedisRosterOptions;

  constructor(options: RedisRosterOptions) {
    this.#options = options;
  }

  async enter(room: string, user: string, max: number): Promise<boolean> {
    const { connection, leaseMs } = this.#options;
    return (await connection.run("enterRoster", [this.#key(room)], [user, max, leaseMs])) === 1;
  }

  async leave(room: string, user: string): Promise<void> {
    await this.#options.connection.command((client) => client.zrem(this.#key(room), user));
  }

  async renew(room: string, users: readonly string[]): Promise<void> {
    const { connection, leaseMs } = this.#options;
    for (let i = 0; i < users.length; i += usersAtOnce) {
      const some = JSON.stringify(users.slice(i, i + usersAtOnce));
      await connection.run("renewRoster", [this.#key(room)], [leaseMs, some]);
    }
  }

  #key(room: string): string {
    return `${this.#options.prefix}${room}`;
  }
}
