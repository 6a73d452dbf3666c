/** Kinds of process. */
export type Part = "gateways" | "redis" | "flusher";

/** What can't be had twice. */
export type Scarce = "Redis' core" | "Redis' memory" | "the flusher's core";

export interface Use {
  readonly part: Scarce;
  /** Of what it may use. */
  readonly share: number;
}

/** How full the model lets things be. */
export const limits = {
  /** Of a pod's cores: what is left is for bursts, uneven pods, and clients of a pod that is gone. */
  gatewayCpu: 0.65,
  /** Of a pod's memory limit: at 0.8 a gateway refuses newcomers. */
  gatewayMemory: 0.65,
  /** Of the one core that Redis and the flusher can have. */
  oneCore: 0.7,
  redisBytes: 64 * 2 ** 30,
  /** `WEIR_ADMISSION_RATE`, by process. */
  admissionRate: 400,
  /** `WEIR_LOG_TAIL`. */
  logTail: 500,
} as const;

/** What to do when a part is used up. */
export const remedies: Readonly<Record<Scarce, string>> = {
  "Redis' core":
    "a faster core; larger pods, since each gateway costs Redis something; then several platforms, each with its own Redis and its own rooms, because Weir does not spread one log over a Redis Cluster yet",
  "Redis' memory": "a smaller `WEIR_LOG_TAIL`, at the price of more reads of the database; a larger Redis",
  "the flusher's core":
    "larger batches do not help, and more flushers neither, since one leads: several platforms, each with its own rooms",
};
