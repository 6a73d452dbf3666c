import type { Entry } from "./entry.ts";

/** No sender can have it: ids are made of letters, digits, `_` and `-`. */
const placeholderId = "(held)";

/** What stands where an entry would have been that the store refused, so that the history has no hole. */
export function placeholderFor({ room, epoch, seq, at }: Pick<Entry, "room" | "epoch" | "seq" | "at">): Entry {
  return { kind: "system", room, epoch, seq, id: placeholderId, from: { id: "" }, at };
}

/** The id of what stands where an entry was lost. No sender can have it either. */
export const lostId = "(lost)";

interface Places extends Pick<Entry, "room" | "epoch" | "at"> {
  readonly after: number;
  readonly upTo: number;
}

/** What stands in a store where entries were lost, so that nothing can come to their places later. Readers never see it. */
export function lostEntries({ after, upTo, ...place }: Places): Entry[] {
  const count = Math.max(0, upTo - after);
  return Array.from({ length: count }, (_, i) => ({
    kind: "system",
    ...place,
    seq: after + 1 + i,
    id: lostId,
    from: { id: "" },
  }));
}

export function isLost({ id, from }: Pick<Entry, "id" | "from">): boolean {
  return id === lostId && from.id === "";
}

export function isPlaceholder(entry: Pick<Entry, "id" | "from">): boolean {
  return entry.id === placeholderId && entry.from.id === "";
}
