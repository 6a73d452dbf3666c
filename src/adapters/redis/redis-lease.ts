import type { Lease, LeaseClaim, LeaseRecord } from "../../leadership/lease.ts";
import type { RedisConnection } from "./redis-connection.ts";

/** A lease record in Redis. It has no lifetime there: who watches it decides by the own clock when a leader is gone. */
export class RedisLease implements Lease {
  readonly #connection: RedisConnection;
  readonly #key: string;

  constructor(connection: RedisConnection, key: string) {
    this.#connection = connection;
    this.#key = key;
  }

  async read(): Promise<LeaseRecord | undefined> {
    const fields = await this.#connection.command((client) => client.hgetall(this.#key));
    const { holder = "", durationMs, transitions, version } = fields;
    if (version === undefined) return undefined;
    return { holder, durationMs: Number(durationMs), transitions: Number(transitions), version };
  }

  async write(claim: LeaseClaim, version: string | undefined): Promise<LeaseRecord | undefined> {
    const { holder, durationMs, transitions } = claim;
    const args = [version ?? "", holder, durationMs, transitions];
    const written = await this.#connection.run("writeLease", [this.#key], args);
    return typeof written === "string" ? { holder, durationMs, transitions, version: written } : undefined;
  }
}
