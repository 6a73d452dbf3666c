import type { Entry } from "../../chat/entry.ts";
import { fold, foldOne } from "../../chat/fold.ts";
import { isPlaceholder, lostEntries, placeholderFor } from "../../chat/placeholder.ts";
import type { LostPlaces, MessageStore, Refusal, StoreQuery } from "../../write-behind/message-store.ts";
import { isPlace, isSameSend, whyUnstorable } from "../../write-behind/storable.ts";
import type { SqliteDatabase } from "./sqlite-database.ts";
import { type StoredEntry, StoreTables } from "./store-tables.ts";

/**
 * The store of one process on one file. A batch is one transaction, so that an entry that is there was folded too. Durable as the
 * database says (`SqliteDatabaseOptions.synchronous`).
 */
export class SqliteMessageStore implements MessageStore {
  readonly #database: SqliteDatabase;
  readonly #tables: StoreTables;

  constructor(database: SqliteDatabase) {
    this.#database = database;
    this.#tables = new StoreTables(database);
  }

  write(entries: readonly Entry[]): Promise<Refusal[]> {
    return this.#database.transaction(() => entries.flatMap((entry) => this.#write(entry) ?? []));
  }

  hold(place: Pick<Entry, "room" | "epoch" | "seq" | "at">): Promise<void> {
    return this.#database.transaction(() => {
      if (isPlace(place) && this.#tables.get(place.room, place.seq) === undefined) {
        this.#tables.put({ entry: placeholderFor(place), folded: 0 });
      }
    });
  }

  closeLost(places: LostPlaces): Promise<number> {
    return this.#database.transaction(() => lostEntries(places).filter((entry) => this.#tables.close(entry)).length);
  }

  expire(before: number, limit: number, room?: string): Promise<number> {
    return this.#database.transaction(() =>
      room === undefined ? this.#tables.deleteBefore(before, limit) : this.#tables.deleteFirst(room, before, limit),
    );
  }

  rooms(after: string, limit: number): Promise<string[]> {
    return this.#database.attempt(() => this.#tables.rooms(after, limit));
  }

  range(room: string, query: StoreQuery): Promise<Entry[]> {
    return this.#database.attempt(() => this.#tables.range(room, query));
  }

  highest(room: string): Promise<number> {
    return this.#database.attempt(() => this.#tables.highest(room));
  }

  #write(entry: Entry): Refusal | undefined {
    const detail = whyUnstorable(entry);
    if (detail !== undefined) return { entry, reason: "invalid", detail };
    const there = this.#tables.get(entry.room, entry.seq)?.entry;
    if (there === undefined || isPlaceholder(there)) this.#insert(entry);
    else if (!isSameSend(there, entry)) return { entry, reason: "conflict", detail: `place of ${there.id}` };
    return undefined;
  }

  #insert(entry: Entry): void {
    // Changes come after what they change: at the end of a room there is nothing that could wait for this entry.
    const changes = entry.seq < this.#tables.highest(entry.room) ? this.#tables.changesOf(entry.room, entry.seq) : [];
    this.#tables.put({ entry, folded: 0 });
    if (changes.length > 0) this.#foldAll({ entry, folded: 0 }, changes);
    if (entry.target !== undefined) this.#foldInto(entry.target, entry);
  }

  #foldInto(target: number, change: Entry): void {
    const stored = this.#tables.get(change.room, target);
    if (stored === undefined) return;
    if (change.seq < stored.folded) return this.#foldAll(stored, this.#tables.changesOf(change.room, target));
    const entry = foldOne(stored.entry, change);
    this.#tables.put({ entry, folded: change.seq });
    if (change.kind !== "reaction") this.#eraseEdits(entry);
  }

  /** Folds anew in the order of the room. The text may be that of an edit: then the edits give it again. */
  #foldAll({ entry }: StoredEntry, changes: readonly Entry[]): void {
    const { edited: _edited, deleted: _deleted, reactions: _reactions, ...bare } = entry;
    for (const folded of fold([bare], changes)) {
      this.#tables.put({ entry: folded, folded: changes.at(-1)?.seq ?? 0 });
      this.#eraseEdits(folded);
    }
  }

  /** Of the edits of a message the latest keeps its text, and none once the message is deleted. */
  #eraseEdits({ room, seq, edited, deleted }: Entry): void {
    if (deleted !== undefined) this.#tables.eraseEdits(room, seq, Number.MAX_SAFE_INTEGER);
    else if (edited !== undefined) this.#tables.eraseEdits(room, seq, edited.seq);
  }
}
