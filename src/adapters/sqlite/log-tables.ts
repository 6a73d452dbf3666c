import type { Entry } from "../../chat/entry.ts";
import { takeBytes } from "../../chat/entry-bytes.ts";
import { parseEntry } from "../../chat/parse-entry.ts";
import type { Position } from "../../chat/position.ts";
import { contentMark } from "../../write-behind/content-mark.ts";
import {
  type Buffered,
  type ChangesQuery,
  changesRead,
  type DeadLetter,
  maxDeadLetters,
  type RangeQuery,
  type Scanned,
  type ScanQuery,
} from "../../write-behind/message-log.ts";
import { entriesUpTo, entryIn, integer, type Row, text } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

export interface LogRoom {
  readonly seq: number;
  /** When its last entry was appended, Unix ms; 0 for none. */
  readonly at: number;
  readonly stored: number;
}

export interface LogPartition {
  /** Everything up to this cursor is stored. */
  readonly trimmed: number;
  readonly fence: number;
}

/** A remembered append. */
export interface Sent extends Position {
  readonly at: number;
  /** Its content mark; empty where an older version wrote it. */
  readonly mark: string;
}

/** The tables of the log, statement by statement. Whoever calls says what is one transaction. */
export class LogTables {
  readonly #db: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#db = database;
  }

  room(room: string): LogRoom | undefined {
    const row = this.#db.sql("SELECT seq, at, stored FROM log_room WHERE room = ?").get(room);
    if (row === undefined) return undefined;
    return { seq: integer(row, "seq"), at: integer(row, "at"), stored: integer(row, "stored") };
  }

  /** Makes a room known, based where the store ends. A room that is known stays as it is. */
  addRoom(room: string, base: number): void {
    this.#db.sql("INSERT OR IGNORE INTO log_room (room, seq, at, stored) VALUES (?, ?, 0, ?)").run(room, base, base);
  }

  /** Where the entry with this id went before and its content mark, if that is remembered. */
  sent({ room, from, id }: Pick<Entry, "room" | "from" | "id">): Sent | undefined {
    const row = this.#db
      .sql("SELECT epoch, seq, at, content FROM log_sent WHERE room = ? AND sender = ? AND id = ?")
      .get(room, from.id, id);
    if (row === undefined) return undefined;
    const position = { epoch: text(row, "epoch"), seq: integer(row, "seq") };
    return { ...position, at: integer(row, "at"), mark: text(row, "content") };
  }

  /** Forgets sends from before a time, at most `limit` of them. */
  forgetSentBefore(at: number, limit: number): void {
    const old = "SELECT room, sender, id FROM log_sent WHERE at < ? ORDER BY at LIMIT ?";
    this.#db.sql(`DELETE FROM log_sent WHERE (room, sender, id) IN (${old})`).run(at, limit);
  }

  add(partition: number, entry: Entry): void {
    const { room, epoch, seq, at, from, id, target = null } = entry;
    this.#db
      .sql("INSERT INTO log_entry (partition, room, seq, at, target, body) VALUES (?, ?, ?, ?, ?, ?)")
      .run(partition, room, seq, at, target, JSON.stringify(entry));
    this.#db.sql("UPDATE log_room SET seq = ?, at = ? WHERE room = ?").run(seq, at, room);
    this.#db
      .sql("INSERT INTO log_sent (room, sender, id, epoch, seq, at, content) VALUES (?, ?, ?, ?, ?, ?, ?)")
      .run(room, from.id, id, epoch, seq, at, contentMark(entry));
  }

  /** A message with those of its edits that have a text and its deletes, ascending. */
  textsOf(room: string, target: number): Entry[] {
    const texts = "json_extract(body, '$.kind') = 'delete' OR json_extract(body, '$.text') IS NOT NULL";
    return this.#db
      .sql(`SELECT body FROM log_entry WHERE room = ? AND (seq = ? OR (target = ? AND (${texts}))) ORDER BY seq`)
      .all(room, target, target)
      .map(entryIn);
  }

  /** Puts an entry in the place of an earlier form of it, in the room's log and the buffer. */
  replace(entry: Entry): void {
    const { room, seq } = entry;
    this.#db.sql("UPDATE log_entry SET body = ? WHERE room = ? AND seq = ?").run(JSON.stringify(entry), room, seq);
  }

  range(room: string, query: RangeQuery): Entry[] {
    const entries = entriesUpTo(this.#rows("body", room, query), query.maxBytes);
    return query.keep === "newest" ? entries.toReversed() : entries;
  }

  scan(room: string, query: ScanQuery): Scanned[] {
    // Entries with a target are changes.
    const rows = this.#rows("seq, CASE WHEN target IS NULL THEN body ELSE '' END AS body", room, query);
    let left = query.entries;
    const cost = (row: Row): number => {
      const bytes = Buffer.byteLength(text(row, "body"));
      if (bytes > 0) left -= 1;
      return left > 0 ? bytes : Infinity;
    };
    const taken = takeBytes(rows, cost, query.maxBytes ?? Infinity);
    const found = taken.map(
      (row): Scanned => (text(row, "body") === "" ? { kind: "change", seq: integer(row, "seq") } : entryIn(row)),
    );
    return query.keep === "newest" ? found.toReversed() : found;
  }

  /** From the end that is kept. */
  #rows(columns: string, room: string, { after, before, limit, keep }: RangeQuery): Iterable<Row> {
    const order = keep === "newest" ? "DESC" : "ASC";
    return this.#db
      .sql(`SELECT ${columns} FROM log_entry WHERE room = ? AND seq > ? AND seq < ? ORDER BY seq ${order} LIMIT ?`)
      .iterate(room, after, before ?? Number.MAX_SAFE_INTEGER, limit);
  }

  changes(room: string, { targets, after }: ChangesQuery): Entry[] | undefined {
    if (after !== undefined && this.#hasLetGo(room, after)) return undefined;
    const isWanted =
      "target IN (SELECT value FROM json_each(?)) AND json_extract(body, '$.kind') IN ('edit', 'delete', 'reaction')";
    return this.#db
      .sql(
        `SELECT body FROM log_entry INDEXED BY log_change WHERE room = ? AND seq > ? AND ${isWanted} ORDER BY seq DESC LIMIT ?`,
      )
      .all(room, after ?? 0, JSON.stringify(targets), changesRead.changes)
      .map(entryIn)
      .toReversed();
  }

  /** Whether an entry after `seq` was stored and has left the log. */
  #hasLetGo(room: string, seq: number): boolean {
    if ((this.room(room)?.stored ?? 0) <= seq) return false;
    const first = this.#db.sql("SELECT seq FROM log_entry WHERE room = ? ORDER BY seq LIMIT 1").get(room);
    return first === undefined || integer(first, "seq") > seq + 1;
  }

  /** Notes that a room is stored up to `seq`, and lets go of all that is stored but the newest `tail` entries of the room. */
  markStored(room: string, { seq, tail, trimmed }: { seq: number; tail: number; trimmed: number }): void {
    this.#db.sql("UPDATE log_room SET stored = max(stored, ?) WHERE room = ?").run(seq, room);
    const known = this.room(room);
    if (known === undefined) return;
    this.#db
      .sql("DELETE FROM log_entry WHERE room = ? AND seq <= ? AND cursor <= ?")
      .run(room, Math.min(known.stored, known.seq - tail), trimmed);
  }

  partition(partition: number): LogPartition {
    this.#db.sql("INSERT OR IGNORE INTO log_partition (partition, trimmed, fence) VALUES (?, 0, 0)").run(partition);
    const row = this.#db.sql("SELECT trimmed, fence FROM log_partition WHERE partition = ?").get(partition);
    return { trimmed: integer(row, "trimmed"), fence: integer(row, "fence") };
  }

  setPartition(partition: number, { trimmed, fence }: LogPartition): void {
    this.#db.sql("UPDATE log_partition SET trimmed = ?, fence = ? WHERE partition = ?").run(trimmed, fence, partition);
  }

  /** How many entries of a partition lie after one cursor, up to another. */
  count(partition: number, after: number, upTo: number): number {
    const count = this.#db.sql(
      "SELECT count(*) AS n FROM log_entry WHERE partition = ? AND cursor > ? AND cursor <= ?",
    );
    return integer(count.get(partition, after, upTo), "n");
  }

  bufferedAfter(partition: number, cursor: number, limit: number): Buffered[] {
    return this.#db
      .sql("SELECT cursor, at, body FROM log_entry WHERE partition = ? AND cursor > ? ORDER BY cursor LIMIT ?")
      .all(partition, cursor, limit)
      .map(bufferedIn);
  }

  /** Takes the bytes from the buffer, where a text may have been erased meanwhile. */
  bury({ partition, id, raw, error, at }: DeadLetter): void {
    const bytes = "coalesce((SELECT body FROM log_entry WHERE cursor = ?), ?)";
    this.#db
      .sql(`INSERT OR IGNORE INTO log_dead (partition, cursor, raw, error, at) VALUES (?, ?, ${bytes}, ?, ?)`)
      .run(partition, Number(id), Number(id), raw, error, at);
  }

  hasRoomForLetter(partition: number, id: string): boolean {
    const other = this.#db.sql("SELECT count(*) AS n FROM log_dead WHERE partition = ? AND cursor <> ?");
    return integer(other.get(partition, Number(id)), "n") < maxDeadLetters;
  }

  replaceLetter({ partition, id, raw }: DeadLetter): void {
    this.#db.sql("UPDATE log_dead SET raw = ? WHERE partition = ? AND cursor = ?").run(raw, partition, Number(id));
  }

  deadLetters(partition: number, limit: number): DeadLetter[] {
    const rows = this.#db
      .sql("SELECT cursor, raw, error, at FROM log_dead WHERE partition = ? ORDER BY cursor LIMIT ?")
      .all(partition, limit);
    return rows.map((row) => ({
      partition,
      id: String(integer(row, "cursor")),
      raw: text(row, "raw"),
      error: text(row, "error"),
      at: integer(row, "at"),
    }));
  }

  forget(partition: number, id: string): void {
    this.#db.sql("DELETE FROM log_dead WHERE partition = ? AND cursor = ?").run(partition, Number(id));
  }
}

function bufferedIn(row: Row): Buffered {
  const raw = text(row, "body");
  return {
    cursor: String(integer(row, "cursor")),
    bytes: Buffer.byteLength(raw),
    at: integer(row, "at"),
    entry: parseEntry(raw),
    raw,
  };
}
