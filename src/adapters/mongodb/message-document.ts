import type { Author, Entry, EntryKind, Reactions } from "../../chat/entry.ts";

/**
 * A document of the collection `messages`. One without a `kind` holds what was folded into a message that has not come yet.
 * Room and seq are in the `_id` alone.
 */
export interface MessageDocument {
  readonly _id: string;
  readonly at: number;
  readonly kind?: EntryKind;
  readonly epoch?: string;
  readonly id?: string;
  readonly from?: Author;
  readonly text?: string;
  readonly target?: number;
  readonly emoji?: string;
  readonly on?: boolean;
  readonly replyTo?: number;
  readonly mentions?: readonly string[];
  /** As JSON: its keys come from clients. */
  readonly meta?: string;
  /** The latest edit; its text stands in for `text`. */
  readonly edited?: { readonly seq: number; readonly at: number; readonly text: string };
  /** The first delete. */
  readonly deleted?: { readonly seq: number; readonly at: number; readonly by: string };
  /** Last reaction of each user with each emoji, by `reactionKey`: twice its seq, plus one where it was set and not taken back. */
  readonly reactions?: Readonly<Record<string, number>>;
  /** Seqs of the edits that still have a text: the latest, and others until their texts are erased. */
  readonly edits?: readonly number[];
  /** Stands for the last entry of a room that expired, so that the end of the room stays known. */
  readonly expired?: true;
}

/** Sorts before every character of a room's name and can't be in one, so that a room is one range of ids. */
const separator = "#";
const afterSeparator = "$";
const seqDigits = 16;

export function documentId(room: string, seq: number): string {
  return `${room}${separator}${String(seq).padStart(seqDigits, "0")}`;
}

/** Higher than every id of the room, lower than those of the next. */
export function roomEnd(room: string): string {
  return `${room}${afterSeparator}`;
}

export function placeOf(documentId_: string): Pick<Entry, "room" | "seq"> {
  const at = documentId_.length - seqDigits;
  return { room: documentId_.slice(0, at - separator.length), seq: Number(documentId_.slice(at)) };
}

export function toDocument(entry: Entry): MessageDocument {
  const { room, seq, meta, edited: _edited, deleted: _deleted, reactions: _reactions, ...same } = entry;
  return { _id: documentId(room, seq), ...same, ...(meta === undefined ? {} : { meta: JSON.stringify(meta) }) };
}

/** Field name of one user's reaction with one emoji: both may be any text, and a field name may not. */
export function reactionKey(emoji: string, user: string): string {
  return Buffer.from(JSON.stringify([emoji, user])).toString("base64url");
}

export function reactionValue(seq: number, on: boolean): number {
  return 2 * seq + (on ? 1 : 0);
}

/** The entry with what was folded into it; undefined where it has not come yet. */
export function toEntry(document: MessageDocument): Entry | undefined {
  const {
    _id,
    kind,
    epoch,
    id,
    from,
    meta,
    edited,
    deleted,
    reactions,
    edits: _,
    expired: _expired,
    ...same
  } = document;
  if (kind === undefined || epoch === undefined || id === undefined || from === undefined) return undefined;
  const parsed = meta === undefined ? {} : { meta: parseMeta(meta) };
  const entry: Entry = { ...placeOf(_id), ...same, kind, epoch, id, from, ...parsed };
  return kind === "message" ? withChanges(entry, { edited, deleted, reactions }) : entry;
}

type Changes = { readonly [K in "edited" | "deleted" | "reactions"]: MessageDocument[K] | undefined };

function withChanges(entry: Entry, { edited, deleted, reactions }: Changes): Entry {
  const reacted = reactions === undefined ? {} : { reactions: toReactions(reactions) };
  if (deleted !== undefined) {
    const { text: _text, meta: _meta, mentions: _mentions, ...bare } = entry;
    return { ...bare, ...reacted, deleted };
  }
  if (edited === undefined) return { ...entry, ...reacted };
  return { ...entry, ...reacted, text: edited.text, edited: { seq: edited.seq, at: edited.at } };
}

/** Users by emoji in the order of their seqs. */
function toReactions(values: Readonly<Record<string, number>>): Reactions {
  const byEmoji = new Map<string, string[]>();
  for (const [key, value] of Object.entries(values).sort(([, a], [, b]) => a - b)) {
    const [emoji, user] = parseReactionKey(key);
    if (value % 2 === 1) byEmoji.set(emoji, [...(byEmoji.get(emoji) ?? []), user]);
  }
  return Object.fromEntries(byEmoji);
}

function parseReactionKey(key: string): readonly [emoji: string, user: string] {
  const pair: unknown = JSON.parse(Buffer.from(key, "base64url").toString());
  const [emoji = "", user = ""] = Array.isArray(pair) ? pair.map(String) : [];
  return [emoji, user];
}

function parseMeta(json: string): Readonly<Record<string, unknown>> {
  const meta: unknown = JSON.parse(json);
  return typeof meta === "object" && meta !== null ? Object.fromEntries(Object.entries(meta)) : {};
}
