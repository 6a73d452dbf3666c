/** What was measured, as it is in capacity/measured.json. */
export interface Measurement {
  readonly conditions: Conditions;
  readonly points: readonly Point[];
  readonly joins: readonly JoinCost[];
  readonly fleet: FleetCost;
}

/** Where and when: figures of another machine are other figures. */
export interface Conditions {
  readonly date: string;
  readonly revision: string;
  readonly node: string;
  readonly redis: string;
  readonly store: string;
  readonly cpu: string;
  readonly cores: number;
  /** Of the last minute, before the run and after it. */
  readonly loadAverage: readonly number[];
  /** How a pod got its size. */
  readonly confinedBy: string;
  /** Sizes that could not be measured here, with the reason. */
  readonly notMeasured: readonly string[];
  readonly textCharacters: number;
}

/** A few seconds of one load. Rates are what came about, not what was wanted. */
export interface Point {
  readonly size: string;
  readonly shape: string;
  /** `fit`: costs are computed from it; `held-out`: costs are compared with it; `connections` and `rate`: steps of the two ramps, see `evidenceOf`. */
  readonly use: string;
  readonly seconds: number;
  readonly load: Load;
  readonly deliveriesPerSecond: number;
  readonly cores: Cores;
  /** Of the gateways with members together. */
  readonly residentBytes: number;
  readonly redis: RedisUse;
  /** From the send to a member, ms; null where nothing was sent. */
  readonly deliveryMs: { readonly p50: number; readonly p99: number } | null;
  /** From the acknowledged entry to the store: the bucket's bound in which the 99th percentile is, s; null where nothing was stored. */
  readonly storedSeconds: number | null;
  readonly refused: number;
  /** The objectives that it broke; none where it holds. */
  readonly broken: readonly string[];
}

export interface Load {
  /** Gateways with members; none where messages go into the log without one. */
  readonly pods: number;
  /** Gateways beside them without members. */
  readonly idlePods: number;
  readonly connections: number;
  /** Rooms with messages. */
  readonly rooms: number;
  readonly membersEach: number;
  readonly messagesPerSecond: number;
}

/** CPU of each kind of process, in cores. */
export interface Cores {
  readonly gateways: number;
  readonly idleGateways: number;
  readonly redis: number;
  readonly flusher: number;
  /** Null where the store is not a process of ours. */
  readonly store: number | null;
  /** What makes the load and receives it. */
  readonly load: number;
}

export interface RedisUse {
  readonly commandsPerSecond: number;
  readonly inBytesPerSecond: number;
  readonly outBytesPerSecond: number;
  readonly memoryBytes: number;
}

/** What clients cost that come: handshake, token, join of one room. */
export interface JoinCost {
  readonly clients: number;
  readonly rooms: boolean;
  readonly gatewaySeconds: number;
  readonly redisSeconds: number;
  readonly redisCommands: number;
}

/** What it costs Redis that a gateway says what it holds and reads what the others hold. */
export interface FleetCost {
  readonly gateways: number;
  /** Seconds of Redis' CPU of one report. */
  readonly redisSeconds: number;
  /** And of the gateway's. */
  readonly gatewaySeconds: number;
}
