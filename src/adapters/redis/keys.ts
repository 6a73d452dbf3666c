/** Names of everything that a partition has in Redis. The hash tag puts all of it into one slot of a cluster. */
export interface PartitionKeys {
  /** Hash: run, replid, epoch, opensAt, graceMs, answers, fence, overloaded. */
  readonly meta: string;
  /** Stream: what is not in the store. Only ever trimmed through the fence, never by length. */
  readonly buffer: string;
  /** Stream: what the store refuses. */
  readonly dead: string;
  /** Hash: which buffer ids are among the dead letters. */
  readonly buried: string;
  /** Sorted set in the order of its members: entries of the buffer whose text was erased, `<padded buffer id>:<JSON>`. */
  readonly erasedInBuffer: string;
  /** Stream of one room, ids `<seq>-0`: the entry, its id in the buffer, and of a reaction the seq of the one before it on the same message. */
  log(room: string): string;
  /** Sorted set of one room by seq: entries of its log whose text was erased, `<buffer id>|<JSON>`. Together with the log they have no hole. */
  erased(room: string): string;
  /** Sorted set of one room by seq: `<target>` for the latest edit of a message, `-<target>` for its delete, `~<target>` for its latest reaction. */
  changes(room: string): string;
  /** Hash of one room: epoch, seq, at, stored, linked, linkedTo, floor. */
  state(room: string): string;
  /** Hashes: first answers to appends. They have no expiry; the old one is removed as a whole. */
  readonly answers: readonly [young: string, old: string];
  /** String: the first answer to an append by an older version. */
  answer(room: string, user: string, id: string): string;
  /** Shard channel of one room: entries as JSON, stored marks as `mark-stored-6` says. */
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
    erasedInBuffer: `${start}erased`,
    log: (room) => `${start}room:${room}`,
    erased: (room) => `${start}erased:${room}`,
    changes: (room) => `${start}texts:${room}`,
    state: (room) => `${start}seq:${room}`,
    answers: [`${start}answers:young`, `${start}answers:old`],
    answer: (room, user, id) => `${start}dup:${answerField(room, user, id)}`,
    feed: (room) => `${start}feed:${room}`,
  };
}

/** Field of a first answer. Rooms and ids have no bar in them; users may have anything, so they come last. */
export function answerField(room: string, user: string, id: string): string {
  return `${room}|${id}|${user}`;
}
