import type { AnyBulkWriteOperation } from "mongodb";
import type { Entry } from "../../chat/entry.ts";
import { documentId, type MessageDocument, reactionKey, reactionValue } from "./message-document.ts";

export interface FoldUpdate {
  readonly operation: AnyBulkWriteOperation<MessageDocument>;
  /** The changes that are in it. */
  readonly changes: readonly Entry[];
}

/** Changes of one batch by the document that they are about. Only an earlier entry can be changed. */
export function changesByTarget(entries: readonly Entry[]): Map<string, Entry[]> {
  const byTarget = new Map<string, Entry[]>();
  for (const entry of entries) {
    const { room, seq, target } = entry;
    if (target === undefined || target < 1 || target >= seq) continue;
    const id = documentId(room, target);
    byTarget.set(id, [...(byTarget.get(id) ?? []), entry]);
  }
  return byTarget;
}

/**
 * The updates of one document that fold changes into it. They may be applied in any order, any number of times and mixed with
 * others: the latest edit and reaction and the first delete win by their seqs, whatever comes last.
 */
export function foldUpdates(_id: string, changes: readonly Entry[]): FoldUpdate[] {
  const ascending = changes.toSorted((a, b) => a.seq - b.seq);
  const edits = ascending.filter(({ kind }) => kind === "edit");
  const reactions = ascending.filter(({ kind }) => kind === "reaction");
  const latestEdit = edits.at(-1);
  const firstDelete = ascending.find(({ kind }) => kind === "delete");
  return [
    ...(edits.length + reactions.length > 0 ? [gathered(_id, edits, reactions)] : []),
    ...(latestEdit === undefined ? [] : [edited(_id, latestEdit)]),
    ...(firstDelete === undefined ? [] : [deleted(_id, firstDelete)]),
  ];
}

/** What only ever grows, and so needs no guard. */
function gathered(_id: string, edits: readonly Entry[], reactions: readonly Entry[]): FoldUpdate {
  const values = reactions.map(({ emoji = "", from, seq, on = false }): [string, number] => [
    `reactions.${reactionKey(emoji, from.id)}`,
    reactionValue(seq, on),
  ]);
  const update = {
    ...(values.length > 0 ? { $max: Object.fromEntries(values) } : {}),
    ...(edits.length > 0 ? { $addToSet: { edits: { $each: edits.map(({ seq }) => seq) } } } : {}),
  };
  return { operation: { updateOne: { filter: { _id }, update } }, changes: [...edits, ...reactions] };
}

function edited(_id: string, change: Entry): FoldUpdate {
  const { seq, at, text = "" } = change;
  const filter = { _id, "edited.seq": { $not: { $gte: seq } }, deleted: { $exists: false } };
  const update = { $set: { edited: { seq, at, text } } };
  return { operation: { updateOne: { filter, update } }, changes: [change] };
}

function deleted(_id: string, change: Entry): FoldUpdate {
  const { seq, at, from } = change;
  const filter = { _id, "deleted.seq": { $not: { $lte: seq } } };
  const update = { $set: { deleted: { seq, at, by: from.id } }, $unset: { edited: "" as const } };
  return { operation: { updateOne: { filter, update } }, changes: [change] };
}

/**
 * Reactions of one document, those that were taken back among them: over `most`, it goes down to `least`. A message takes 1,000 that are
 * set; a few more get through where many react at once.
 */
export const keptReactions = { most: 3_000, least: 2_000 } as const;

/**
 * Removes the oldest reactions that were taken back, then the oldest that are set. It does nothing where one of them has changed meanwhile.
 * A reaction that was taken back is kept for a thousand later changes, because it must outrank an older reaction that comes again.
 */
export function pruned({ _id, reactions = {} }: MessageDocument): FoldUpdate {
  const isSet = (value: number): number => value % 2;
  const ordered = Object.entries(reactions).sort(([, a], [, b]) => isSet(a) - isSet(b) || a - b);
  const gone = ordered
    .slice(0, ordered.length - keptReactions.least)
    .map(([key, value]): [string, number] => [`reactions.${key}`, value]);
  const filter = { _id, ...Object.fromEntries(gone) };
  const $unset = Object.fromEntries(gone.map(([key]): [string, ""] => [key, ""]));
  return { operation: { updateOne: { filter, update: { $unset } } }, changes: [] };
}
