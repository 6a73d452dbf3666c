import type { Entry } from "../chat/entry.ts";

/*
 * The durable history. It has three users: the flusher writes, the gateway reads, the log closes places that it lost. All ports reject with ChatError
 * UNAVAILABLE when the store can't be reached in time.
 */

/** An entry that this store will never take, however often it is tried. */
export interface Refusal {
  readonly entry: Entry;
  /**
   * `conflict`: its place is taken by another message (the stored id or sender differs): never overwritten, both need a look.
   * `invalid`: the store refuses its contents.
   */
  readonly reason: "conflict" | "invalid";
  readonly detail: string;
}

export interface StoreWriter {
  /**
   * Stores a batch durably (a majority of the replicas, journalled) and folds edits, deletes and reactions into the messages they
   * are about. Any order within a room; any entry any number of times: what is stored already with the same id is success.
   * A fold never goes back: of two edits the one with the higher seq stays, and it waits for its message where that comes later.
   * An edit erases the earlier texts from the message and its other edits, a delete erases all of them. A placeholder gives way to the entry that belongs there.
   * Returns what was refused; everything else is stored when it resolves. Rejects when nothing can be said about the batch; then it
   * may be stored in part, and the caller sends all of it again.
   */
  write(entries: readonly Entry[]): Promise<Refusal[]>;
  /**
   * Puts a placeholder (kind `system`) where a refused entry would have been, so that the history has no hole. Idempotent; never
   * overwrites; does nothing where there can be no such place.
   */
  hold(entry: Pick<Entry, "room" | "epoch" | "seq" | "at">): Promise<void>;
  /**
   * Deletes what is older than `before` (Unix ms), at most `limit` entries. Of one room, where it is given: then from its beginning up to the
   * first that is not older. Returns how many. The highest seq of a room stays known, so that no place is given twice.
   */
  expire(before: number, limit: number, room?: string): Promise<number>;
  /** Names of rooms that have or had entries, ascending, those after `after` (empty: from the first), at most `limit`. */
  rooms(after: string, limit: number): Promise<string[]>;
}

/** Places of a room, after one seq and up to another, whose entries the log has lost. */
export interface LostPlaces {
  readonly room: string;
  /** The epoch that begins after them. */
  readonly epoch: string;
  readonly after: number;
  readonly upTo: number;
  /** When they were closed, Unix ms. */
  readonly at: number;
}

export interface StoreCloser {
  /**
   * Closes each of these places that is empty, for good: a write of an entry to it is refused as a conflict from then on, also one
   * that is under way. Readers find nothing there, but the room's highest seq counts them. Idempotent; overwrites nothing.
   * Resolves with how many it closed.
   */
  closeLost(places: LostPlaces): Promise<number>;
}

export interface StoreQuery {
  /** Entries with a greater seq. */
  readonly after: number;
  /** And, where given, with a smaller seq. */
  readonly before?: number;
  readonly limit: number;
  /** Which end the limit keeps. Either way the answer is ascending. */
  readonly keep: "oldest" | "newest";
  /** Only messages and system entries (a page for the eye), or everything (a catch-up). */
  readonly kinds: "shown" | "all";
  /**
   * Bytes of entries, as JSON, with which the answer ends, counted from the end that is kept. The entry that reaches them is still in the
   * answer, so there is at least one. Without it only `limit` bounds the answer.
   */
  readonly maxBytes?: number;
}

export interface StoreReader {
  /**
   * Entries of a room, ascending by seq, with changes folded into the messages. Nothing that has expired, but among all kinds there may be
   * a placeholder of the time 0 where the last entry of the room was.
   */
  range(room: string, query: StoreQuery): Promise<Entry[]>;
  /** Highest seq that a room ever had, 0 for none. Sees every write that was acknowledged. */
  highest(room: string): Promise<number>;
}

/** A store is all of it; each user declares the part it needs. */
export interface MessageStore extends StoreWriter, StoreReader, StoreCloser {}
