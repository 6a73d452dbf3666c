import type { Filter, FindOptions } from "mongodb";
import type { Entry } from "../../chat/entry.ts";
import { entryBytes } from "../../chat/entry-bytes.ts";
import { lostEntries, lostId, placeholderFor } from "../../chat/placeholder.ts";
import type { LostPlaces, MessageStore, Refusal, StoreQuery } from "../../write-behind/message-store.ts";
import { isPlace, whyUnstorable } from "../../write-behind/storable.ts";
import { eraseSupersededTexts, foldBatch } from "./fold-batch.ts";
import { documentId, type MessageDocument, placeOf, roomEnd, toDocument, toEntry } from "./message-document.ts";
import type { MongoConnection } from "./mongo-client.ts";
import { insertEntries, placeEntries } from "./place-entries.ts";

/**
 * The store in MongoDB, in the collection `messages` with no index but `_id`. A batch is one unordered insert. Only what finds its
 * place taken is read back, and only changes cost updates; all of it may be repeated and mixed with what another writer does.
 */
export class MongoMessageStore implements MessageStore {
  readonly #connection: MongoConnection;

  constructor(connection: MongoConnection) {
    this.#connection = connection;
  }

  async write(entries: readonly Entry[]): Promise<Refusal[]> {
    const invalid = entries.flatMap(refuseUnstorable);
    const { refused, filled } = await placeEntries(this.#connection, without(entries, invalid));
    const stored = without(entries, [...invalid, ...refused]);
    const unfolded = await foldBatch(this.#connection, stored);
    await eraseSupersededTexts(this.#connection, mayNeedErasing(stored, filled));
    return [...invalid, ...refused, ...unfolded];
  }

  async hold(place: Pick<Entry, "room" | "epoch" | "seq" | "at">): Promise<void> {
    if (!isPlace(place)) return;
    await this.#standIn([placeholderFor(place)]);
  }

  async closeLost(places: LostPlaces): Promise<number> {
    let closed = 0;
    for (let after = places.after; after < places.upTo; after += closedAtOnce) {
      const upTo = Math.min(places.upTo, after + closedAtOnce);
      closed += await this.#standIn(lostEntries({ ...places, after, upTo }));
    }
    return closed;
  }

  /** There is no index by age, so MongoDB looks through the collection in the order of insertion until it found enough. */
  async expire(before: number, limit: number, room?: string): Promise<number> {
    const due: Filter<MessageDocument> = { at: { $lt: before }, expired: { $exists: false } };
    const old =
      room === undefined
        ? await this.#find(due, { projection: { _id: 1 }, limit })
        : await this.#firstOlder(room, before, limit);
    const ids = old.map(({ _id }) => _id);
    const ends = await this.#endsAmong(ids);
    await this.#connection.write(async (messages) => {
      for (const id of ends) await messages.replaceOne({ _id: id, ...due }, tombstone(id));
      const $in = ids.filter((id) => !ends.has(id));
      if ($in.length > 0) await messages.deleteMany({ _id: { $in } });
    });
    return old.length;
  }

  /** One look into the index for each room. */
  async rooms(after: string, limit: number): Promise<string[]> {
    const found: string[] = [];
    for (let last = after; found.length < limit; ) {
      const next = { _id: { $gte: roomEnd(last) } };
      const [first] = await this.#find(next, { projection: { _id: 1 }, sort: { _id: 1 }, limit: 1 });
      if (first === undefined) break;
      const { _id: id } = first;
      last = placeOf(id).room;
      found.push(last);
    }
    return found;
  }

  async range(room: string, { after, before, limit, keep, kinds, maxBytes = Infinity }: StoreQuery): Promise<Entry[]> {
    const $lt = before === undefined ? roomEnd(room) : documentId(room, before);
    const filter: Filter<MessageDocument> = {
      _id: { $gt: documentId(room, after), $lt },
      ...(kinds === "shown" ? shown : every),
    };
    const options = { sort: { _id: keep === "oldest" ? 1 : -1 }, limit, batchSize: readAtOnce } as const;
    const entries = await this.#connection.read((messages, maxTimeMS) =>
      readEntries(messages.find(filter, { ...options, maxTimeMS }), maxBytes),
    );
    return keep === "oldest" ? entries : entries.toReversed();
  }

  async highest(room: string): Promise<number> {
    const filter = { _id: { $gt: documentId(room, 0), $lt: roomEnd(room) }, kind: { $exists: true } };
    const [last] = await this.#find(filter, { projection: { _id: 1 }, sort: { _id: -1 }, limit: 1 });
    if (last === undefined) return 0;
    const { _id: id } = last;
    return placeOf(id).seq;
  }

  /** Puts these where no message is: also where something was folded before its message came. Returns how many. */
  async #standIn(entries: readonly Entry[]): Promise<number> {
    const { taken } = await insertEntries(this.#connection, entries);
    return entries.length - taken.length + (await this.#fillMessageless(taken));
  }

  /** Most places that are taken have a message: to look first spares an update for each. */
  async #fillMessageless(taken: readonly Entry[]): Promise<number> {
    if (taken.length === 0) return 0;
    const $in = taken.map(({ room, seq }) => documentId(room, seq));
    const messageless = { kind: { $exists: false } } as const;
    const found = await this.#connection.write((messages, maxTimeMS) =>
      messages.find({ _id: { $in }, ...messageless }, { projection: { _id: 1 }, maxTimeMS }).toArray(),
    );
    if (found.length === 0) return 0;
    const ids = new Set(found.map(({ _id }) => _id));
    const operations = taken
      .map(toDocument)
      .filter(({ _id }) => ids.has(_id))
      .map(({ _id, ...$set }) => ({ updateOne: { filter: { _id, ...messageless }, update: { $set } } }));
    const { modifiedCount } = await this.#connection.write((messages) => messages.bulkWrite(operations));
    return modifiedCount;
  }

  #find(filter: Filter<MessageDocument>, options: FindOptions): Promise<MessageDocument[]> {
    return this.#connection.read((messages, maxTimeMS) => messages.find(filter, { ...options, maxTimeMS }).toArray());
  }

  /** Looks at one document where nothing is due, which is what it finds most of the time. */
  async #firstOlder(room: string, before: number, limit: number): Promise<MessageDocument[]> {
    const filter = { _id: { $gt: documentId(room, 0), $lt: roomEnd(room) }, expired: { $exists: false } as const };
    const options = { projection: { _id: 1, at: 1 }, sort: { _id: 1 } } as const;
    const [oldest] = await this.#find(filter, { ...options, limit: 1 });
    if (oldest === undefined || oldest.at >= before) return [];
    const first = await this.#find(filter, { ...options, limit });
    const end = first.findIndex(({ at }) => at >= before);
    return end < 0 ? first : first.slice(0, end);
  }

  /** Which of these are the last of their rooms. */
  async #endsAmong(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const ends = new Set<string>();
    for (const room of new Set(ids.map((id) => placeOf(id).room))) {
      ends.add(documentId(room, await this.highest(room)));
    }
    return new Set(ids.filter((id) => ends.has(id)));
  }
}

/** Documents that one message of the server has: enough for a page of the usual size, and few megabytes where all are of the largest. */
const readAtOnce = 51;

/** Reads up to the entry that reaches `maxBytes`, and fetches no later one. */
async function readEntries(documents: AsyncIterable<MessageDocument>, maxBytes: number): Promise<Entry[]> {
  const entries: Entry[] = [];
  let bytes = 0;
  for await (const document of documents) {
    const entry = toEntry(document);
    if (entry === undefined) continue;
    entries.push(entry);
    bytes += entryBytes(entry);
    if (bytes >= maxBytes) break;
  }
  return entries;
}

/** The place that keeps the end of an expired room is none to show. */
const shown: Filter<MessageDocument> = {
  kind: { $in: ["message", "system"] },
  expired: { $exists: false },
  id: { $ne: lostId },
};
const every: Filter<MessageDocument> = { kind: { $exists: true }, id: { $ne: lostId } };

/** Lost places that are closed in one command. */
const closedAtOnce = 1_000;

function refuseUnstorable(entry: Entry): Refusal[] {
  const detail = whyUnstorable(entry);
  return detail === undefined ? [] : [{ entry, reason: "invalid", detail }];
}

function without(entries: readonly Entry[], refusals: readonly Refusal[]): readonly Entry[] {
  if (refusals.length === 0) return entries;
  const refused = new Set(refusals.map(({ entry }) => entry));
  return entries.filter((entry) => !refused.has(entry));
}

/** Documents in which a text may lie that is superseded: they were edited or deleted now, or came after that. */
function mayNeedErasing(stored: readonly Entry[], filled: readonly Entry[]): string[] {
  const targets = stored.flatMap(({ kind, room, target }) =>
    target !== undefined && (kind === "edit" || kind === "delete") ? documentId(room, target) : [],
  );
  return [...new Set([...targets, ...filled.map(({ room, seq }) => documentId(room, seq))])];
}

/** Keeps the end of a room known when all of it has expired. */
function tombstone(id: string): Omit<MessageDocument, "_id"> {
  const { _id: _same, ...document } = toDocument(placeholderFor({ ...placeOf(id), epoch: "0", at: 0 }));
  return { ...document, expired: true };
}
