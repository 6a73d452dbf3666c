import type { AnyBulkWriteOperation } from "mongodb";
import type { Entry } from "../../chat/entry.ts";
import type { Refusal } from "../../write-behind/message-store.ts";
import { changesByTarget, type FoldUpdate, foldUpdates, keptReactions, pruned } from "./fold-updates.ts";
import { failuresOf } from "./map-mongo-error.ts";
import { documentId, type MessageDocument, placeOf } from "./message-document.ts";
import type { MongoConnection } from "./mongo-client.ts";

/** Folds the changes among these entries into what they are about, also where that has not come yet. */
export async function foldBatch(connection: MongoConnection, entries: readonly Entry[]): Promise<Refusal[]> {
  const byTarget = changesByTarget(entries);
  if (byTarget.size === 0) return [];
  const overfull = await makeTargets(connection, byTarget);
  const updates = [...[...byTarget].flatMap(([id, changes]) => foldUpdates(id, changes)), ...overfull.map(pruned)];
  const operations = updates.map(({ operation }) => operation);
  const failures = await connection.write((messages) =>
    messages.bulkWrite(operations, { ordered: false }).then(() => [], failuresOf),
  );
  return failures.flatMap(({ index, detail }) => refuse(updates[index], detail));
}

function refuse(update: FoldUpdate | undefined, detail: string): Refusal[] {
  return (update?.changes ?? []).map((entry) => ({ entry, reason: "invalid", detail }));
}

/**
 * Makes a document for each message that is not stored yet. The document holds the changes of that message. It is as old as the first change.
 * Returns the messages that have more reactions than a document should.
 */
async function makeTargets(
  connection: MongoConnection,
  byTarget: ReadonlyMap<string, readonly Entry[]>,
): Promise<MessageDocument[]> {
  const $in = [...byTarget.keys()];
  const found = await connection.write((messages, maxTimeMS) =>
    messages.find({ _id: { $in } }, { projection: { reactions: 1 }, maxTimeMS }).toArray(),
  );
  const overfull = found.filter(({ reactions = {} }) => Object.keys(reactions).length > keptReactions.most);
  const there = new Set(found.map(({ _id }) => _id));
  const missing = [...byTarget].filter(([_id]) => !there.has(_id));
  if (missing.length === 0) return overfull;
  const documents = missing.map(([_id, changes]) => ({ _id, at: changes[0]?.at ?? 0 }));
  // A duplicate is what another writer made meanwhile.
  await connection.write((messages) => messages.insertMany(documents, { ordered: false }).then(() => [], failuresOf));
  return overfull;
}

/**
 * Takes the text out of the messages among these documents that are edited or deleted, and out of their edits but the latest. It comes
 * after the fold, so whichever writer comes last sees what the other did. A message forgets the edits that have no text any more.
 */
export async function eraseSupersededTexts(connection: MongoConnection, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  const isChanged = { $or: [{ deleted: { $exists: true } }, { edited: { $exists: true } }] };
  const projection = { edits: 1, "edited.seq": 1, "deleted.seq": 1 };
  const changed = await connection.write((messages, maxTimeMS) =>
    messages.find({ _id: { $in: [...ids] }, kind: "message", ...isChanged }, { projection, maxTimeMS }).toArray(),
  );
  if (changed.length === 0) return;
  const superseded = changed.map((message) => ({ ...message, edits: supersededEdits(message) }));
  const edits = superseded.flatMap(({ _id, edits: seqs }) => seqs.map((seq) => documentId(placeOf(_id).room, seq)));
  await connection.write(async (messages) => {
    if (edits.length > 0) await messages.updateMany({ _id: { $in: edits }, kind: "edit" }, { $unset: { text: "" } });
    await messages.bulkWrite(superseded.map(eraseMessage), { ordered: false });
  });
}

function supersededEdits({ edits = [], edited, deleted }: MessageDocument): readonly number[] {
  return deleted === undefined ? edits.filter((seq) => seq < (edited?.seq ?? 0)) : edits;
}

/** The edited text stands in for the first one, so that one goes away in either case. */
function eraseMessage({ _id, deleted, edits = [] }: MessageDocument): AnyBulkWriteOperation<MessageDocument> {
  const $unset = deleted === undefined ? { text: "" as const } : ({ text: "", meta: "", mentions: "" } as const);
  return { updateOne: { filter: { _id }, update: { $unset, $pullAll: { edits } } } };
}
