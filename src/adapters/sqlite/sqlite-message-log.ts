import type { Entry, NewEntry } from "../../chat/entry.ts";
import { changesText } from "../../chat/erase.ts";
import { partitionOf } from "../../chat/room.ts";
import type { Clock } from "../../kernel/clock.ts";
import { contentMark, refuseOtherContent } from "../../write-behind/content-mark.ts";
import { deadLettersFull } from "../../write-behind/dead-letters-full.ts";
import type {
  Appended,
  BufferDepth,
  Buffered,
  ChangesQuery,
  DeadLetter,
  FeedListener,
  Head,
  HighestStored,
  MessageLog,
  RangeQuery,
  Scanned,
  ScanQuery,
  Trim,
} from "../../write-behind/message-log.ts";
import { eraseInLog } from "./erase-in-log.ts";
import { GroupCommit } from "./group-commit.ts";
import { LogTables } from "./log-tables.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { Watermark } from "./watermark.ts";

export interface SqliteLogOptions {
  readonly database: SqliteDatabase;
  /** Fixed at the first use of the data folder. */
  readonly partitions: number;
  /** Entries in one partition's buffer from which on appends are refused; reopens at 80 % of it. */
  readonly highWatermark: number;
  /** Entries that a room's log keeps when they are stored. */
  readonly tail: number;
  readonly highestStored: HighestStored;
  readonly clock: Clock;
}

/** How long a send is remembered, so that a retry gets the first answer, ms. */
const dedupeHorizonMs = 600_000;
/** How many older ones a trim cleans up at most: more than a batch, so that it keeps up, and few enough not to be felt. */
const cleanupLimit = 2_000;

/** An answer, with the entry in its place where it is new. */
interface Placed {
  readonly answer: Appended;
  readonly entry?: Entry;
}

/**
 * The log of one process on one file. What an append acknowledged is there after the process was killed. Appends of one turn of
 * the event loop share a transaction; the feed lives in the process and never misses anything.
 */
export class SqliteMessageLog implements MessageLog {
  readonly partitions: number;
  readonly #options: SqliteLogOptions;
  readonly #tables: LogTables;
  readonly #watermarks: readonly Watermark[];
  readonly #listeners = new Map<string, FeedListener>();
  readonly #appends: GroupCommit<NewEntry, Placed>;

  /** @throws Error with one line for the operator when the folder was made with another number of partitions */
  constructor(options: SqliteLogOptions) {
    const { database, partitions, highWatermark } = options;
    const fixed = database.meta("partitions", String(partitions));
    if (fixed !== String(partitions)) {
      throw new Error(`the data folder has ${fixed} partitions, not ${partitions}: they are fixed at its first use`);
    }
    this.partitions = partitions;
    this.#options = options;
    this.#tables = new LogTables(database);
    this.#watermarks = Array.from({ length: partitions }, (_, i) => new Watermark(highWatermark, this.#count(i)));
    this.#appends = new GroupCommit(database, {
      apply: (entry) => this.#append(entry),
      committed: (_, { entry }) => {
        if (entry !== undefined) this.#listeners.get(entry.room)?.entry(entry);
      },
      rolledBack: () => this.#recount(),
    });
  }

  async append(entry: NewEntry): Promise<Appended> {
    if ((await this.#attempt(() => this.#tables.room(entry.room))) === undefined) await this.#addRoom(entry.room);
    return (await this.#appends.submit(entry)).answer;
  }

  async head(room: string): Promise<Head> {
    const { epoch } = this.#options.database;
    const known = await this.#attempt(() => this.#tables.room(room));
    if (known !== undefined) return { epoch, seq: known.seq, storedSeq: known.stored };
    const base = await this.#options.highestStored(room);
    return { epoch, seq: base, storedSeq: base };
  }

  range(room: string, query: RangeQuery): Promise<Entry[]> {
    return this.#attempt(() => this.#tables.range(room, query));
  }

  scan(room: string, query: ScanQuery): Promise<Scanned[]> {
    return this.#attempt(() => this.#tables.scan(room, query));
  }

  changes(room: string, query: ChangesQuery): Promise<Entry[] | undefined> {
    return this.#attempt(() => this.#tables.changes(room, query));
  }

  subscribe(room: string, listener: FeedListener): Promise<void> {
    this.#listeners.set(room, listener);
    return Promise.resolve();
  }

  unsubscribe(room: string): Promise<void> {
    this.#listeners.delete(room);
    return Promise.resolve();
  }

  onInterruption(): void {
    // The feed is a call within the process: it has no interruptions.
  }

  read(partition: number, limit: number): Promise<Buffered[]> {
    return this.#attempt(() => {
      const { trimmed } = this.#tables.partition(partition);
      return this.#tables.bufferedAfter(partition, trimmed, limit);
    });
  }

  async trim(trim: Trim): Promise<boolean> {
    const removed = await this.#transaction(() => this.#trim(trim));
    if (removed === undefined) return false;
    this.#watermark(trim.partition).entries -= removed;
    const { epoch } = this.#options.database;
    for (const { room, seq, putAside = [] } of trim.rooms) {
      this.#listeners.get(room)?.stored({ epoch, seq }, { after: 0, putAside });
    }
    return true;
  }

  raiseFence(partition: number, token: number): Promise<boolean> {
    return this.#transaction(() => {
      const state = this.#tables.partition(partition);
      if (token < state.fence) return false;
      this.#tables.setPartition(partition, { ...state, fence: token });
      return true;
    });
  }

  depth(partition: number): Promise<BufferDepth> {
    return this.#attempt(() => {
      const { trimmed } = this.#tables.partition(partition);
      const [oldest] = this.#tables.bufferedAfter(partition, trimmed, 1);
      const oldestAgeMs = oldest === undefined ? 0 : Math.max(0, this.#options.clock.now() - oldest.at);
      return { entries: this.#watermark(partition).entries, oldestAgeMs };
    });
  }

  bury(partition: number, { cursor, raw }: Buffered, error: string): Promise<void> {
    const at = this.#options.clock.now();
    return this.#transaction(() => {
      if (!this.#tables.hasRoomForLetter(partition, cursor)) throw deadLettersFull(partition);
      this.#tables.bury({ partition, id: cursor, raw, error, at });
    });
  }

  deadLetters(partition: number, limit: number): Promise<DeadLetter[]> {
    return this.#attempt(() => this.#tables.deadLetters(partition, limit));
  }

  forget(partition: number, ids: readonly string[]): Promise<void> {
    return this.#transaction(() => {
      for (const id of ids) this.#tables.forget(partition, id);
    });
  }

  #append(entry: NewEntry): Placed {
    const { epoch, onDisk } = this.#options.database;
    const durability = onDisk ? "safe" : "fast";
    const before = this.#tables.sent(entry);
    if (before !== undefined) {
      refuseOtherContent(before.mark, contentMark(entry));
      const { epoch: first, seq, at } = before;
      return { answer: { epoch: first, seq, at, durability, duplicate: true } };
    }
    const partition = partitionOf(entry.room, this.partitions);
    const watermark = this.#watermark(partition);
    watermark.check();
    const room = this.#tables.room(entry.room) ?? { seq: 0, at: 0 };
    const place = { epoch, seq: room.seq + 1, at: Math.max(room.at, this.#options.clock.now()) };
    const placed = { ...entry, ...place };
    this.#tables.add(partition, placed);
    watermark.entries += 1;
    const erased = changesText(placed) ? eraseInLog(this.#tables, partition, placed) : placed;
    return { answer: { ...place, durability, duplicate: false }, entry: erased };
  }

  async #addRoom(room: string): Promise<void> {
    const base = await this.#options.highestStored(room);
    await this.#transaction(() => this.#tables.addRoom(room, base));
  }

  /** Returns how many entries left the buffer; undefined when the caller's term is over. */
  #trim({ partition, token, upTo, rooms }: Trim): number | undefined {
    const before = this.#tables.partition(partition);
    if (token < before.fence) return undefined;
    const trimmed = Math.max(before.trimmed, Number(upTo));
    const removed = this.#tables.count(partition, before.trimmed, trimmed);
    this.#tables.setPartition(partition, { trimmed, fence: token });
    const { tail, clock } = this.#options;
    for (const { room, seq } of rooms) this.#tables.markStored(room, { seq, tail, trimmed });
    this.#tables.forgetSentBefore(clock.now() - dedupeHorizonMs, cleanupLimit);
    return removed;
  }

  #watermark(partition: number): Watermark {
    const watermark = this.#watermarks[partition];
    if (watermark === undefined) throw new RangeError(`no partition ${partition}`);
    return watermark;
  }

  #count(partition: number): number {
    const { trimmed } = this.#tables.partition(partition);
    return this.#tables.count(partition, trimmed, Number.MAX_SAFE_INTEGER);
  }

  /** Counts the buffers anew. Where even that fails the counts stay a little high until the next start. */
  #recount(): void {
    const counted = this.#attempt(() => {
      for (const [i, watermark] of this.#watermarks.entries()) watermark.entries = this.#count(i);
    });
    counted.catch(() => undefined);
  }

  #attempt<T>(work: () => T): Promise<T> {
    return this.#options.database.attempt(work);
  }

  #transaction<T>(work: () => T): Promise<T> {
    return this.#options.database.transaction(work);
  }
}
