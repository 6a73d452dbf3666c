import type { Entry } from "../../chat/entry.ts";
import type { StoreQuery } from "../../write-behind/message-store.ts";
import { entriesUpTo, entryIn, integer, text } from "./row.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";

/** A stored entry with what was folded into it. */
export interface StoredEntry {
  readonly entry: Entry;
  /** The last change that was folded in; 0 for none. */
  readonly folded: number;
}

/** In the column alone: closed places are none to read. */
const closedKind = "lost";

/** The tables of the store, statement by statement. Whoever calls says what is one transaction. */
export class StoreTables {
  readonly #db: SqliteDatabase;

  constructor(database: SqliteDatabase) {
    this.#db = database;
  }

  get(room: string, seq: number): StoredEntry | undefined {
    const row = this.#db.sql("SELECT folded, body FROM store_entry WHERE room = ? AND seq = ?").get(room, seq);
    return row === undefined ? undefined : { entry: entryIn(row), folded: integer(row, "folded") };
  }

  /** Puts what stands for a lost entry in its place, where that is free. Whether it was. */
  close(entry: Entry): boolean {
    if (this.get(entry.room, entry.seq) !== undefined) return false;
    this.#put({ entry, folded: 0 }, closedKind);
    return true;
  }

  /** Puts an entry in its place, whatever was there. */
  put(stored: StoredEntry): void {
    this.#put(stored, stored.entry.kind);
  }

  #put({ entry, folded }: StoredEntry, kind: string): void {
    const { room, seq, at, target = null } = entry;
    const columns = "room, seq, at, kind, target, folded, body";
    this.#db
      .sql(`INSERT OR REPLACE INTO store_entry (${columns}) VALUES (?, ?, ?, ?, ?, ?, ?)`)
      .run(room, seq, at, kind, target, folded, JSON.stringify(entry));
    this.#db
      .sql("INSERT INTO store_room VALUES (?, ?) ON CONFLICT DO UPDATE SET highest = max(highest, excluded.highest)")
      .run(room, seq);
  }

  /** The changes that are about a message, ascending. */
  changesOf(room: string, target: number): Entry[] {
    return this.#db
      .sql("SELECT body FROM store_entry WHERE room = ? AND target = ? ORDER BY seq")
      .all(room, target)
      .map(entryIn);
  }

  /** Takes the text out of the edits of a message that come before a seq. */
  eraseEdits(room: string, target: number, before: number): void {
    const isEdit = "seq > target AND seq < ? AND kind = 'edit' AND json_extract(body, '$.text') IS NOT NULL";
    this.#db
      .sql(`UPDATE store_entry SET body = json_remove(body, '$.text') WHERE room = ? AND target = ? AND ${isEdit}`)
      .run(room, target, before);
  }

  range(room: string, { after, before, limit, keep, kinds, maxBytes }: StoreQuery): Entry[] {
    const order = keep === "oldest" ? "ASC" : "DESC";
    const shown = kinds === "shown" ? "AND kind IN ('message', 'system')" : `AND kind <> '${closedKind}'`;
    const rows = this.#db
      .sql(
        `SELECT body FROM store_entry WHERE room = ? AND seq > ? AND seq <= ? ${shown} ORDER BY seq ${order} LIMIT ?`,
      )
      .iterate(room, after, before === undefined ? Number.MAX_SAFE_INTEGER : before - 1, limit);
    const entries = entriesUpTo(rows, maxBytes);
    return keep === "oldest" ? entries : entries.toReversed();
  }

  highest(room: string): number {
    const row = this.#db.sql("SELECT highest FROM store_room WHERE room = ?").get(room);
    return row === undefined ? 0 : integer(row, "highest");
  }

  deleteBefore(at: number, limit: number): number {
    const old = "SELECT room, seq FROM store_entry WHERE at < ? ORDER BY at LIMIT ?";
    return Number(this.#db.sql(`DELETE FROM store_entry WHERE (room, seq) IN (${old})`).run(at, limit).changes);
  }

  /** From the beginning of a room up to the first entry that is not older. */
  deleteFirst(room: string, at: number, limit: number): number {
    const page = this.#db.sql("SELECT seq, at FROM store_entry WHERE room = ? ORDER BY seq LIMIT ?");
    const [oldest] = page.all(room, 1);
    if (oldest === undefined || integer(oldest, "at") >= at) return 0;
    const first = page.all(room, limit);
    const end = first.findIndex((row) => integer(row, "at") >= at);
    const last = (end < 0 ? first : first.slice(0, end)).at(-1);
    if (last === undefined) return 0;
    const upTo = integer(last, "seq");
    return Number(this.#db.sql("DELETE FROM store_entry WHERE room = ? AND seq <= ?").run(room, upTo).changes);
  }

  rooms(after: string, limit: number): string[] {
    const rows = this.#db.sql("SELECT room FROM store_room WHERE room > ? ORDER BY room LIMIT ?").all(after, limit);
    return rows.map((row) => text(row, "room"));
  }
}
