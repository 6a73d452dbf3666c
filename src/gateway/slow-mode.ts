/** A message that wants to be sent into a room in slow mode. */
export interface Turn {
  readonly room: string;
  readonly user: string;
  /** The message's own id: sent again, it has its turn already. */
  readonly id: string;
  /** Least time between two turns of one user, ms. */
  readonly everyMs: number;
}

/** Whose turn it is in rooms with slow mode, over all gateways. */
export interface SlowMode {
  /**
   * Takes the user's turn where `everyMs` have passed since the last one that was taken. Resolves with 0 when the message may be sent, else with
   * how long to wait, ms. Atomic. Rejects with UNAVAILABLE.
   */
  take(turn: Turn): Promise<number>;
}
