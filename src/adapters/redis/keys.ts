/** Names of everything that a partition has in Redis. The hash tag puts all of it into one slot of a cluster. */
export interface PartitionKeys {
  /** Hash: run, replid, epoch, opensAt, fence, overloaded. */
  readonly meta: string;
  /** Stream: what is not in the store. Only ever trimmed through the fence, never by length. */
  readonly buffer: string;
  /** Stream: what the store refuses. */
  readonly dead: string;
  /** Hash: which buffer ids are among the dead letters. */
  readonly buried: string;
  /** Stream of one room, ids `<seq>-0`. */
  log(room: string): string;
  /** Hash of one room: epoch, seq, at, stored, floor. */
  state(room: string): string;
  /** String: the first answer to an append. */
  answer(room: string, user: string, id: string): string;
  /** Shard channel of one room: entries as JSON, stored marks as a number. */
  feed(room: string): string;
}

/** @param prefix of every key, `weir:` unless several deployments share a Redis */
export function partitionKeys(prefix: string, partition: number): PartitionKeys {
  const start = `${prefix}{p${partition}}:`;
  return {
    meta: `${start}meta`,
    buffer: `${start}buf`,
    dead: `${start}dead`,
    buried: `${start}buried`,
    log: (room) => `${start}room:${room}`,
    state: (room) => `${start}seq:${room}`,
    // Rooms and ids have no bar in them; users may have anything, so they come last.
    answer: (room, user, id) => `${start}dup:${room}|${id}|${user}`,
    feed: (room) => `${start}feed:${room}`,
  };
}
