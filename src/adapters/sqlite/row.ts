import type { SQLOutputValue } from "node:sqlite";
import type { Entry } from "../../chat/entry.ts";
import { takeBytes } from "../../chat/entry-bytes.ts";
import { parseEntry } from "../../chat/parse-entry.ts";

/* Narrows what SQLite returns. The schema says which column has which type; anything else is a damaged file. */

export type Row = Readonly<Record<string, SQLOutputValue>>;

export function integer(row: Row | undefined, column: string): number {
  const value = row?.[column];
  if (typeof value !== "number") throw new TypeError(`${column} is not a number`);
  return value;
}

export function text(row: Row | undefined, column: string): string {
  const value = row?.[column];
  if (typeof value !== "string") throw new TypeError(`${column} is not a text`);
  return value;
}

/** The entries of ordered rows with a `body`, up to the one that reaches `maxBytes`. Rows after that are not read. */
export function entriesUpTo(rows: Iterable<Row>, maxBytes = Infinity): Entry[] {
  return takeBytes(rows, (row) => Buffer.byteLength(text(row, "body")), maxBytes).map(entryIn);
}

export function entryIn(row: Row): Entry {
  const entry = parseEntry(text(row, "body"));
  if (entry === undefined) throw new TypeError("body is not an entry");
  return entry;
}
