import type { Entry, NewEntry } from "../chat/entry.ts";
import type { Position } from "../chat/position.ts";
import type { LostPlaces } from "./message-store.ts";

/*
 * The hot log: it gives every entry its place, keeps the recent tail of each room, and buffers what is not yet in the
 * store. It has four users, so it is four ports. Rooms lie in partitions (`chat/room.ts`); a partition has one epoch,
 * one write-behind buffer and one fence.
 *
 * Every method rejects with ChatError UNAVAILABLE when the log can't be reached in time. For an append that means
 * "unknown": the caller retries with the same id and gets the first answer if it was stored.
 */

/**
 * How much an append outlives. `fast`: the death of this process. `safe`: also that of the machine that took it, as far as
 * this log can see to it (each replica that may take over has it; on one machine: it is on the disk).
 */
export type LogTier = "fast" | "safe";

/** The result of an append: the place the entry took, now or the first time. */
export interface Appended extends Position {
  readonly at: number;
  /** The tier that was reached. Below what was asked for only where the log does not offer that at all. */
  readonly durability: LogTier;
  /** The same entry was appended before with this (room, from.id, id), within the last 10 minutes at least. Nothing was written or published. */
  readonly duplicate: boolean;
}

export interface LogAppender {
  /**
   * Appends atomically: takes the next seq of the room, adds to the room's log and to the write-behind buffer, and
   * publishes to the room's feed, or does none of it. Entries are published in the order of their seqs. An append that
   * resolved before another began has the lower seq. Everything that can fail comes before the first write, so no seq
   * is skipped.
   * An edit or a delete erases in the same step, as `eraseSuperseded` says: once it resolved, neither a range, nor the buffer, nor
   * the dead letters give a text that it replaced or deleted. Entries stay where they are.
   * Asked for `safe` (default `fast`), it resolves once that is reached, for a duplicate as for a new entry, and rejects with
   * UNAVAILABLE where it is not in time: then it is in the log and perhaps nowhere else. A log that does not offer `safe`
   * resolves with `fast`.
   * Rejects with CONFLICT where the (room, from.id, id) was appended before with another kind, target or content.
   * Rejects with OVERLOADED (and a time) while the partition's buffer is over its watermark, and with UNAVAILABLE (and
   * a time) while the partition recovers from a lost tail.
   */
  append(entry: NewEntry, durability?: LogTier): Promise<Appended>;
}

/** The end of a room, as the log knows it. */
export interface Head extends Position {
  /**
   * Every entry up to this seq that the log or the store still has is in the store. It counts in the head's epoch: places of
   * older epochs up to it may have been lost. It reaches the head's seq once nothing waits to be stored.
   */
  readonly storedSeq: number;
}

export interface RangeQuery {
  /** Entries with a greater seq. */
  readonly after: number;
  /** And, where given, with a smaller seq. */
  readonly before?: number;
  readonly limit: number;
  /** Which end the limit keeps: the oldest entries (default) or the newest. Either way the answer is ascending. */
  readonly keep?: "oldest" | "newest";
  /**
   * Bytes of entries, as JSON, with which the answer ends, counted from the end that is kept. The entry that reaches them is still in the
   * answer, so there is at least one. Without it only `limit` bounds the answer.
   */
  readonly maxBytes?: number;
}

export interface ScanQuery extends RangeQuery {
  /** Messages and system entries with which the answer ends. `limit` counts the places of changes too. */
  readonly entries: number;
}

/** What a scan has of one place. */
export type Scanned = Entry | { readonly kind: "change"; readonly seq: number };

export interface ChangesQuery {
  /** Seqs of the messages. */
  readonly targets: readonly number[];
  /** Seq up to which the caller knows all changes. Those with a greater seq are read, and the log must still have them. */
  readonly after?: number;
}

/** The most changes and bytes that one read takes, and the most entries that it looks at where the log has to be searched. */
export const changesRead = { entries: 5_000, changes: 2_000, bytes: 1_048_576 } as const;

export interface LogReader {
  /** Last position of a room. A room nobody wrote to has seq 0. Consults the store where the log has let go of the room. */
  head(room: string): Promise<Head>;
  /**
   * What the log still has of a range, ascending. It has everything that is not stored yet and some tail of what is; what
   * it no longer has is simply absent, so the caller compares seqs and asks the store for the rest.
   */
  range(room: string, query: RangeQuery): Promise<Entry[]>;
  /** The same, but of an edit, a delete or a reaction only its place, which takes no bytes. `changes` has those of a message. */
  scan(room: string, query: ScanQuery): Promise<Scanned[]>;
  /**
   * Edits, deletes and reactions of messages that the log still has, ascending, within the bounds of `changesRead`: of each message the newest.
   * Edits whose text was erased may be left out. Undefined where the log has let go of an entry after `query.after`, because it was stored since
   * the caller read: then the caller reads the room again.
   */
  changes(room: string, query: ChangesQuery): Promise<Entry[] | undefined>;
}

/** What a mark says of the entries that were stored with it. */
export interface StoredBatch {
  /** It says something of the entries with a greater seq, up to the mark. */
  readonly after: number;
  /** Seqs of those that are not stored but among the dead letters. */
  readonly putAside: readonly number[];
}

/** What one room's feed calls. Neither may throw. */
export interface FeedListener {
  /** In the order of publication, at most once each; loss is possible and silent, order by seq is the caller's to check. */
  entry(entry: Entry): void;
  /** Everything of the mark's epoch up to its seq has reached the store; what is older is there or was lost. */
  stored(mark: Position, batch?: StoredBatch): void;
}

export interface LogFeed {
  /**
   * Resolves once the subscription is live: everything published from then on arrives. One listener a room.
   * Rejects with UNAVAILABLE; then there is no subscription.
   */
  subscribe(room: string, listener: FeedListener): Promise<void>;
  unsubscribe(room: string): Promise<void>;
  /** Calls back after each time that live subscriptions may have missed something, once they are live again. */
  onInterruption(callback: () => void): void;
}

/** One entry of the write-behind buffer. */
export interface Buffered {
  /** Place in the partition's buffer, opaque, ascending. */
  readonly cursor: string;
  /** Size as it lies in the buffer. */
  readonly bytes: number;
  /** When it was appended, Unix ms by the log's clock. */
  readonly at: number;
  /** Undefined where the bytes are not an entry; then `raw` is all there is. */
  readonly entry: Entry | undefined;
  readonly raw: string;
}

/** Dead letters of one partition. So many mean that the store is ill, and not the entries. */
export const maxDeadLetters = 1_000;

/** How much of a room a trim lets go. */
export interface StoredRoom {
  readonly room: string;
  /** Every entry of the room up to this seq is in the store or among the dead letters. */
  readonly seq: number;
  /** Those of the batch that are among the dead letters. */
  readonly putAside?: readonly number[];
}

export interface Trim {
  readonly partition: number;
  /** Fencing token of the caller's term. */
  readonly token: number;
  /** Everything up to and including this cursor is stored. */
  readonly upTo: string;
  readonly rooms: readonly StoredRoom[];
}

export interface BufferDepth {
  readonly entries: number;
  /** Milliseconds since the oldest was appended; 0 when empty. */
  readonly oldestAgeMs: number;
}

/** An entry that the store refuses, kept with everything needed to look at it and to try again. */
export interface DeadLetter {
  readonly partition: number;
  /** Place among the dead letters of the partition, opaque, ascending. */
  readonly id: string;
  readonly raw: string;
  readonly error: string;
  /** When it was put aside, Unix ms. */
  readonly at: number;
}

export interface LogDrainer {
  readonly partitions: number;
  /** The oldest entries of a partition's buffer, not removed. Reading again without a trim gives the same. */
  read(partition: number, limit: number): Promise<Buffered[]>;
  /**
   * Removes a prefix of the buffer, notes what is stored and publishes it to the rooms, and lets each room's log go down to its tail.
   * False, with nothing done, when the partition has seen a higher token: the caller's term is over.
   */
  trim(trim: Trim): Promise<boolean>;
  /** Makes `token` the lowest that may trim. False when a higher one was there before. */
  raiseFence(partition: number, token: number): Promise<boolean>;
  depth(partition: number): Promise<BufferDepth>;
  /**
   * Puts an entry aside. Idempotent by cursor. The buffer keeps it until the trim. Rejects with OVERLOADED where the partition has
   * `maxDeadLetters` already: then the caller stops before it, so nothing is lost, until letters are replayed.
   */
  bury(partition: number, buffered: Buffered, error: string): Promise<void>;
  deadLetters(partition: number, limit: number): Promise<DeadLetter[]>;
  /** Takes dead letters away after a successful replay. */
  forget(partition: number, ids: readonly string[]): Promise<void>;
}

/** Tells a log that let go of a room how far the room got: the highest seq in the store, 0 for none. */
export type HighestStored = (room: string) => Promise<number>;

/** Tells a log that lost its tail the newest entries of a room after a seq, so that it knows a late retry of one of them. */
export type StoredAfter = (room: string, seq: number, limit: number) => Promise<readonly Entry[]>;

/** Closes places of a room in the store that a log lost, as `StoreCloser.closeLost` does. */
export type CloseLost = (places: LostPlaces) => Promise<number>;

/** A message log is all of it; each user declares the part it needs. */
export interface MessageLog extends LogAppender, LogReader, LogFeed, LogDrainer {}
