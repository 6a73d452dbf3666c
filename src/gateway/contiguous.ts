import type { Entry } from "../chat/entry.ts";

/** The leading entries that follow `seq` without a hole. */
export function contiguousAfter(seq: number, entries: readonly Entry[]): Entry[] {
  const end = entries.findIndex((entry, i) => entry.seq !== seq + 1 + i);
  return entries.slice(0, end === -1 ? entries.length : end);
}

/** The trailing entries that lead up to `seq` without a hole. */
export function contiguousBefore<T extends Pick<Entry, "seq">>(seq: number, entries: readonly T[]): T[] {
  const start = entries.findLastIndex((entry, i) => entry.seq !== seq - (entries.length - i));
  return entries.slice(start + 1);
}
