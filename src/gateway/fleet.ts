/** What one gateway says of itself. */
export interface GatewayLoad {
  /** Unique among the gateways of a deployment, and never used again. */
  readonly gateway: string;
  /** Clients that are in and have not been told to leave. */
  readonly connections: number;
  /** Revision of the room policies that it applies, where it applies published ones. */
  readonly policies?: number;
}

/** Who else holds connections, and how many. Approximate: a figure is as old as its gateway's last report. */
export interface Fleet {
  /**
   * Says what a gateway holds, and resolves with what each said last, this one included, in no promised order. A gateway that was
   * silent for longer than the fleet remembers is not among them. Rejects with UNAVAILABLE.
   */
  report(load: GatewayLoad): Promise<readonly GatewayLoad[]>;
  /** The gateway takes no part from now on. Rejects with UNAVAILABLE; then it is forgotten a little later. */
  leave(gateway: string): Promise<void>;
}

/** How long a gateway is remembered that says nothing, ms: some reports may be lost. */
export const fleetMemoryMs = 5_000;
