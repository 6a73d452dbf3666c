import type { Entry } from "./entry.ts";

/** No sender can have it: ids are made of letters, digits, `_` and `-`. */
const placeholderId = "(held)";

/** What stands where an entry would have been that the store refused, so that the history has no hole. */
export function placeholderFor({ room, epoch, seq, at }: Pick<Entry, "room" | "epoch" | "seq" | "at">): Entry {
  return { kind: "system", room, epoch, seq, id: placeholderId, from: { id: "" }, at };
}

export function isPlaceholder(entry: Pick<Entry, "id" | "from">): boolean {
  return entry.id === placeholderId && entry.from.id === "";
}
