import { type Entry, isShown } from "../chat/entry.ts";
import { entryBytes, takeBytes, totalBytes } from "../chat/entry-bytes.ts";
import { eraseSuperseded } from "../chat/erase.ts";
import { fold } from "../chat/fold.ts";
import { comparePositions, type Position } from "../chat/position.ts";
import { limits } from "../protocol/limits.ts";
import { contiguousAfter } from "./contiguous.ts";
import { isAnchored } from "./is-anchored.ts";
import type { RoomHistory } from "./room-history.ts";

/** What a client that joins is given. */
export interface CatchUp {
  /** A page for the eye, with changes folded in, or every entry as it was. */
  readonly form: "page" | "entries";
  readonly entries: readonly Entry[];
  /** Whoever has the entries is at this place. */
  readonly upTo: Position;
  /** What lies between the client's place and the first entry can't be given back. */
  readonly gap: boolean;
  /** More follows after `upTo`. */
  readonly more: boolean;
}

/** The newest page, for a client that comes without a place. */
export async function readNewest(history: RoomHistory, room: string, limit: number): Promise<CatchUp> {
  const { entries, head } = await history.page(room, { limit });
  return { form: "page", entries, upTo: head, gap: false, more: false };
}

export interface MissedQuery {
  readonly room: string;
  readonly after: Position;
  readonly limit: number;
  readonly head: Position;
}

/**
 * What came after a place: every entry, without a hole, so that whoever has them all has everything. Where history does
 * not lead on from the place, the newest page instead, and `gap` says so.
 */
export async function readMissed(history: RoomHistory, query: MissedQuery): Promise<CatchUp> {
  const { room, after, limit, head } = query;
  if (!(await isAnchored(history, room, after, head))) return readAfterBreak(history, query);
  if (after.seq === head.seq) return { form: "entries", entries: [], upTo: head, gap: false, more: false };
  const found = await history.missed(room, { after: after.seq, limit }, head);
  const [first] = found;
  if (first === undefined) return { form: "entries", entries: [], upTo: head, gap: true, more: false };
  const entries = contiguousAfter(first.seq - 1, found);
  const last = entries.at(-1) ?? first;

  return {
    form: "entries",
    entries,
    upTo: later(last, head),
    gap: first.seq !== after.seq + 1,
    more: last.seq < head.seq,
  };
}

/** At the head's seq, a client is at the head, also when the head's epoch has no entry yet. */
function later(place: Position, head: Position): Position {
  if (place.seq === head.seq && comparePositions(place, head) < 0) return { epoch: head.epoch, seq: head.seq };
  return { epoch: place.epoch, seq: place.seq };
}

async function readAfterBreak(history: RoomHistory, { room, after, limit }: MissedQuery): Promise<CatchUp> {
  const newest = await readNewest(history, room, limit);
  return { ...newest, entries: newest.entries.filter((entry) => comparePositions(entry, after) > 0), gap: true };
}

/** Adds what was delivered since the read, as far as there is room in the answer. @param delivered by the feed, ascending */
export function extend(found: CatchUp, delivered: readonly Entry[]): CatchUp {
  const left = limits.pageBytes - totalBytes(found.entries);
  if (found.more || left <= 0) return found;
  const after = delivered.filter(({ seq }) => seq > found.upTo.seq);
  const newer = takeBytes(contiguousAfter(found.upTo.seq, after), entryBytes, left);
  const last = newer.at(-1);
  if (last === undefined) return found;
  const upTo = { epoch: last.epoch, seq: last.seq };
  if (found.form === "entries") return { ...found, entries: eraseSuperseded([...found.entries, ...newer]), upTo };
  return { ...found, entries: fold([...found.entries, ...newer.filter(isShown)], newer), upTo };
}
