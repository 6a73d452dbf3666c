import type { Entry, NewEntry } from "../chat/entry.ts";
import { ChatError } from "../protocol/errors.ts";

/*
 * A content mark is `<kind>:<hash>`: it says what an id was used for. A log keeps it with the first answer, so that it can
 * tell a retry from another request that has the same id. The hash is empty where the content is no longer known.
 */

/** The mark of an entry as its sender made it. The author's name and the durability are not part of it. */
export function contentMark(entry: NewEntry): string {
  const { kind, target, text, replyTo, mentions, meta, emoji, on } = entry;
  return `${kind}:${hash(canonical([target, text, replyTo, mentions, meta, emoji, on]))}`;
}

/** The mark of an entry from the store, where a later edit or delete may have changed the content. */
export function storedContentMark(entry: Entry): string {
  const isErased = entry.kind === "edit" && entry.text === undefined;
  const isChanged = entry.edited !== undefined || entry.deleted !== undefined;
  return isErased || isChanged ? `${entry.kind}:` : contentMark(entry);
}

/**
 * Passes a retry of the entry that `known` marks. An empty mark was written before there were marks, and passes everything.
 * @throws ChatError CONFLICT where the id was used for another kind, target or content
 */
export function refuseOtherContent(known: string, mark: string): void {
  if (known === "" || known === mark) return;
  const isUnknownContent = known.endsWith(":") && mark.startsWith(known);
  if (!isUnknownContent) throw new ChatError("CONFLICT", "this id was used for another request");
}

/** JSON with the keys of every object in order, because a store may give them back in another. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item !== "object" || item === null || Array.isArray(item)) return item;
    return Object.fromEntries(Object.entries(item).sort(([a], [b]) => (a < b ? -1 : 1)));
  });
}

/** 64 bits as two FNV-1a hashes with different starts. It tells mistakes apart and has no secret to keep. */
function hash(text: string): string {
  let a = 0x811c9dc5;
  let b = 0x9e3779b9;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul(b ^ unit, 0x5bd1e995);
    b ^= b >>> 15;
  }
  return hex(a) + hex(b);
}

function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, "0");
}
