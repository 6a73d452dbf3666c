import { type Entry, isShown } from "../../chat/entry.ts";
import { entryBytes, takeBytes } from "../../chat/entry-bytes.ts";
import { fold } from "../../chat/fold.ts";
import { isLost, isPlaceholder, lostEntries, placeholderFor } from "../../chat/placeholder.ts";
import type { LostPlaces, MessageStore, Refusal, StoreQuery } from "../../write-behind/message-store.ts";
import { isPlace, isSameSend, whyUnstorable } from "../../write-behind/storable.ts";

interface Room {
  readonly entries: Map<number, Entry>;
  highest: number;
}

/** A store that lives and dies with the process, for tests and as the shortest statement of what a store does. */
export class MemoryMessageStore implements MessageStore {
  readonly #rooms = new Map<string, Room>();

  write(entries: readonly Entry[]): Promise<Refusal[]> {
    return Promise.resolve(entries.flatMap((entry) => this.#put(entry) ?? []));
  }

  hold(place: Pick<Entry, "room" | "epoch" | "seq" | "at">): Promise<void> {
    const room = this.#room(place.room);
    if (isPlace(place) && !room.entries.has(place.seq)) put(room, placeholderFor(place));
    return Promise.resolve();
  }

  closeLost(places: LostPlaces): Promise<number> {
    const room = this.#room(places.room);
    const free = lostEntries(places).filter(({ seq }) => !room.entries.has(seq));
    for (const entry of free) put(room, entry);
    return Promise.resolve(free.length);
  }

  expire(before: number, limit: number, room?: string): Promise<number> {
    const old = (room === undefined ? this.#older(before) : this.#firstOlder(room, before)).slice(0, limit);
    for (const one of old) this.#rooms.get(one.room)?.entries.delete(one.seq);
    return Promise.resolve(old.length);
  }

  rooms(after: string, limit: number): Promise<string[]> {
    return Promise.resolve(
      [...this.#rooms.keys()]
        .filter((room) => room > after)
        .sort()
        .slice(0, limit),
    );
  }

  range(room: string, query: StoreQuery): Promise<Entry[]> {
    const { after, before = Infinity, limit, keep, kinds, maxBytes = Infinity } = query;
    const found = history(this.#rooms.get(room)).filter(
      (entry) => entry.seq > after && entry.seq < before && (kinds === "all" || isShown(entry)),
    );
    const ordered = (keep === "oldest" ? found : found.toReversed()).slice(0, limit);
    const taken = takeBytes(ordered, entryBytes, maxBytes);
    return Promise.resolve(keep === "oldest" ? taken : taken.toReversed());
  }

  highest(room: string): Promise<number> {
    return Promise.resolve(this.#rooms.get(room)?.highest ?? 0);
  }

  #older(before: number): Entry[] {
    const entries = [...this.#rooms.values()].flatMap((room) => [...room.entries.values()]);
    return entries.filter((entry) => entry.at < before);
  }

  #firstOlder(room: string, before: number): Entry[] {
    const ascending = [...(this.#rooms.get(room)?.entries.values() ?? [])].sort((a, b) => a.seq - b.seq);
    const end = ascending.findIndex((entry) => entry.at >= before);
    return end < 0 ? ascending : ascending.slice(0, end);
  }

  #room(name: string): Room {
    const room = this.#rooms.get(name) ?? { entries: new Map<number, Entry>(), highest: 0 };
    this.#rooms.set(name, room);
    return room;
  }

  #put(entry: Entry): Refusal | undefined {
    const detail = whyUnstorable(entry);
    if (detail !== undefined) return { entry, reason: "invalid", detail };
    const room = this.#room(entry.room);
    const there = room.entries.get(entry.seq);
    if (there === undefined || isPlaceholder(there)) put(room, entry);
    else if (!isSameSend(there, entry)) return { entry, reason: "conflict", detail: `place of ${there.id}` };
    return undefined;
  }
}

function put(room: Room, entry: Entry): void {
  room.entries.set(entry.seq, entry);
  room.highest = Math.max(room.highest, entry.seq);
}

function history(room: Room | undefined): Entry[] {
  const held = [...(room?.entries.values() ?? [])].filter((entry) => !isLost(entry));
  const ascending = held.sort((a, b) => a.seq - b.seq);
  const folded = fold(ascending, ascending);
  const last = new Map(folded.map(({ seq, edited, deleted }) => [seq, deleted === undefined ? edited?.seq : Infinity]));
  const isErased = ({ kind, seq, target = 0 }: Entry): boolean =>
    kind === "edit" && target < seq && (last.get(target) ?? 0) > seq;
  return folded.map((entry) => (isErased(entry) ? withoutText(entry) : entry));
}

function withoutText({ text: _text, ...rest }: Entry): Entry {
  return rest;
}
