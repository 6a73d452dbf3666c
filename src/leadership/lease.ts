/** What stands in the shared lease record. */
export interface LeaseRecord {
  /** Who leads; empty when it was released. */
  readonly holder: string;
  /** How long others must wait without a change before they may take it. */
  readonly durationMs: number;
  /** How often the lease changed hands: the fencing token of the holder's term. Only ever rises. */
  readonly transitions: number;
  /** Changes with every write; opaque. */
  readonly version: string;
}

export type LeaseClaim = Omit<LeaseRecord, "version">;

/** A record that several processes read and write with compare-and-set. It knows nothing of time or leading. */
export interface Lease {
  /** The record, or undefined when there never was one. Rejects when it can't be read in time. */
  read(): Promise<LeaseRecord | undefined>;
  /**
   * Writes if the record is still at `version` (undefined: if there is none). Returns the new record, or undefined when someone
   * else wrote first. Rejects when that can't be known; the write may then have happened.
   */
  write(claim: LeaseClaim, version: string | undefined): Promise<LeaseRecord | undefined>;
}

/** Called by whoever decides who leads. */
export interface Led {
  /**
   * Works as the leader until `signal` aborts; then finishes its step and resolves. The lease is given back only after that.
   * @param token fencing token of this term, to be shown with every destructive act
   */
  lead(token: number, signal: AbortSignal): Promise<void>;
}
