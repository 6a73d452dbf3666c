import type { Lease, LeaseClaim, LeaseRecord } from "../../leadership/lease.ts";

/** A lease that lives and dies with the process: electors of one process that share it elect one of them. */
export class MemoryLease implements Lease {
  #record: LeaseRecord | undefined;
  #writes = 0;

  read(): Promise<LeaseRecord | undefined> {
    return Promise.resolve(this.#record);
  }

  write(claim: LeaseClaim, version: string | undefined): Promise<LeaseRecord | undefined> {
    if (version !== this.#record?.version) return Promise.resolve(undefined);
    this.#record = { ...claim, version: String(++this.#writes) };
    return Promise.resolve(this.#record);
  }
}
