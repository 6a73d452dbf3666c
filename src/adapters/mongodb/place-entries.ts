import type { Entry } from "../../chat/entry.ts";
import { isPlaceholder } from "../../chat/placeholder.ts";
import { ChatError } from "../../protocol/errors.ts";
import type { Refusal } from "../../write-behind/message-store.ts";
import { isSameSend } from "../../write-behind/storable.ts";
import { failuresOf } from "./map-mongo-error.ts";
import { documentId, type MessageDocument, toDocument } from "./message-document.ts";
import type { MongoConnection } from "./mongo-client.ts";

export interface Placed {
  readonly refused: readonly Refusal[];
  /** Those whose place had something in it that gave way: what was folded before the message came, or a placeholder. */
  readonly filled: readonly Entry[];
}

/** Puts entries in their places. What finds its place taken is compared with what is there, and never overwrites a message. */
export async function placeEntries(connection: MongoConnection, entries: readonly Entry[]): Promise<Placed> {
  const { refused, taken } = await insertEntries(connection, entries);
  const first = await compare(connection, taken);
  if (first.free.length === 0) return { refused: [...refused, ...first.conflicts], filled: [] };
  await fill(connection, first.free);
  const filled = first.free.map(({ entry }) => entry);
  const second = await compare(connection, filled);
  if (second.free.length > 0) throw unsettled();
  return { refused: [...refused, ...first.conflicts, ...second.conflicts], filled };
}

export interface Inserted {
  readonly refused: readonly Refusal[];
  /** Those whose place is taken, perhaps by themselves. */
  readonly taken: readonly Entry[];
}

/** Stores what has its place free. */
export async function insertEntries(connection: MongoConnection, entries: readonly Entry[]): Promise<Inserted> {
  if (entries.length === 0) return { refused: [], taken: [] };
  const documents = entries.map(toDocument);
  const failures = await connection.write((messages) =>
    messages.insertMany(documents, { ordered: false }).then(() => [], failuresOf),
  );
  const failed = failures.flatMap(({ index, reason, detail }) => {
    const entry = entries[index];
    return entry === undefined ? [] : [{ entry, reason, detail }];
  });
  return {
    taken: failed.filter(({ reason }) => reason === "duplicate").map(({ entry }) => entry),
    refused: failed.flatMap(({ entry, reason, detail }) => (reason === "invalid" ? { entry, reason, detail } : [])),
  };
}

type Seen = Pick<MessageDocument, "_id" | "kind" | "id" | "from">;

interface Free {
  readonly entry: Entry;
  readonly seen: Seen;
}

interface Compared {
  readonly conflicts: readonly Refusal[];
  readonly free: readonly Free[];
}

/** What lies in the places of these entries: themselves (nothing to do), another message, or something that gives way. */
async function compare(connection: MongoConnection, entries: readonly Entry[]): Promise<Compared> {
  const conflicts: Refusal[] = [];
  const free: Free[] = [];
  const byId = await see(connection, entries);
  for (const entry of entries) {
    const seen = byId.get(documentId(entry.room, entry.seq));
    if (seen === undefined) throw unsettled();
    if (givesWay(seen)) free.push({ entry, seen });
    else if (!isSameSend(sendOf(seen), entry)) {
      conflicts.push({ entry, reason: "conflict", detail: `place of ${seen.id ?? ""}` });
    }
  }
  return { conflicts, free };
}

async function see(connection: MongoConnection, entries: readonly Entry[]): Promise<ReadonlyMap<string, Seen>> {
  if (entries.length === 0) return new Map();
  const $in = entries.map(({ room, seq }) => documentId(room, seq));
  const projection = { kind: 1, id: 1, from: 1 };
  const found = await connection.write((messages, maxTimeMS) =>
    messages.find({ _id: { $in } }, { projection, maxTimeMS }).toArray(),
  );
  return new Map(found.map(({ _id, ...rest }) => [_id, { _id, ...rest }]));
}

function sendOf({ id = "", from = { id: "" } }: Seen): Pick<Entry, "id" | "from"> {
  return { id, from };
}

function givesWay(seen: Seen): boolean {
  return seen.kind === undefined || isPlaceholder(sendOf(seen));
}

/** Each only if its place is still as it was seen. */
async function fill(connection: MongoConnection, free: readonly Free[]): Promise<void> {
  const operations = free.map(({ entry, seen }) => {
    const { _id, ...$set } = toDocument(entry);
    const filter = { _id, id: seen.id ?? { $exists: false } };
    return { updateOne: { filter, update: { $set, $unset: { expired: "" as const } } } };
  });
  await connection.write((messages) => messages.bulkWrite(operations, { ordered: false }));
}

function unsettled(): ChatError {
  return new ChatError("UNAVAILABLE", "the store changed meanwhile");
}
