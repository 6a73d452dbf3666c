import type { Entry } from "../chat/entry.ts";
import { isRoomName } from "../chat/room.ts";

/** Characters of an entry as JSON. The wire allows some 20 thousand; a document of MongoDB takes 16 MiB. */
const maxCharacters = 1_048_576;

/** Whether there is such a place in any history. */
export function isPlace({ room, seq }: Pick<Entry, "room" | "seq">): boolean {
  return isRoomName(room) && Number.isSafeInteger(seq) && seq >= 1;
}

/** Why no store takes an entry, or undefined. Such an entry can't come from the gateway, but it can lie in a damaged log. */
export function whyUnstorable(entry: Entry): string | undefined {
  if (!isPlace(entry)) return "not a place in a room";
  if (JSON.stringify(entry).length > maxCharacters) return `over ${maxCharacters} characters`;
  return undefined;
}

/** Whether two entries are the same send: a sender's own id names it forever, whatever else differs. */
export function isSameSend(a: Pick<Entry, "id" | "from">, b: Pick<Entry, "id" | "from">): boolean {
  return a.id === b.id && a.from.id === b.from.id;
}
