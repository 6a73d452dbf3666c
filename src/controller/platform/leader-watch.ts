import type { Clock } from "../../kernel/clock.ts";
import type { Lease } from "../../leadership/lease.ts";
import { type ObservedLease, observe } from "../../leadership/observed-lease.ts";

/** Who holds a lease that this process does not compete for. */
export class LeaderWatch {
  readonly #lease: Pick<Lease, "read">;
  readonly #clock: Clock;
  #observed: ObservedLease | undefined;

  constructor(lease: Pick<Lease, "read">, clock: Clock) {
    this.#lease = lease;
    this.#clock = clock;
  }

  /**
   * The holder without its unique ending; empty where there is none, or where this process has seen the record unchanged for as long as
   * its holder asked others to wait. Rejects where the lease can't be read.
   */
  async leader(): Promise<string> {
    const record = await this.#lease.read();
    if (record === undefined) return "";
    const now = this.#clock.monotonic();
    this.#observed = observe(this.#observed, record, now);
    const expired = now - this.#observed.since >= record.durationMs;
    return expired ? "" : record.holder.replace(/_[^_]*$/, "");
  }
}
