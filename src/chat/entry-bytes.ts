import type { Entry } from "./entry.ts";

/** Bytes of an entry as JSON: what it takes on the wire. */
export function entryBytes(entry: Entry): number {
  return Buffer.byteLength(JSON.stringify(entry));
}

export function totalBytes(entries: readonly Entry[]): number {
  return entries.reduce((sum, entry) => sum + entryBytes(entry), 0);
}

/** The leading items up to the one that reaches `maxBytes`, that one included. So there is always at least one. */
export function takeBytes<T>(items: Iterable<T>, bytesOf: (item: T) => number, maxBytes: number): T[] {
  const taken: T[] = [];
  let bytes = 0;
  for (const item of items) {
    taken.push(item);
    bytes += bytesOf(item);
    if (bytes >= maxBytes) break;
  }
  return taken;
}
