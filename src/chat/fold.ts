import { assertNever } from "../kernel/assert-never.ts";
import type { Entry, Reactions } from "./entry.ts";

/**
 * Puts later edits, deletes and reactions into the messages they are about. Folding what was folded before changes
 * nothing, so the tail of the log and the store may overlap.
 * @param entries of one room, ascending by seq
 * @param changes of the same room, ascending by seq; those about other messages are left out
 */
export function fold(entries: readonly Entry[], changes: readonly Entry[]): Entry[] {
  const bySeq = new Map(entries.map((entry) => [entry.seq, entry]));
  for (const change of changes) {
    const target = change.target === undefined ? undefined : bySeq.get(change.target);
    if (target !== undefined) bySeq.set(target.seq, foldOne(target, change));
  }
  return [...bySeq.values()];
}

/**
 * One message with one change folded in. Only an earlier message can be changed. A delete is final: it takes the text and
 * its edits away, and an edit that was ordered after it changes nothing. So the result does not depend on how many of the
 * edits before a delete were seen.
 */
export function foldOne(target: Entry, change: Entry): Entry {
  if (target.kind !== "message" || target.seq >= change.seq) return target;
  switch (change.kind) {
    case "edit":
      return foldEdit(target, change);
    case "delete":
      return foldDelete(target, change);
    case "reaction":
      return { ...target, reactions: foldReaction(target.reactions ?? {}, change) };
    case "message":
    case "system":
      return target;
    default:
      return assertNever(change.kind);
  }
}

/** An edit without a text was superseded: what superseded it gives the message its text, or deletes it. */
function foldEdit(target: Entry, { seq, at, text }: Entry): Entry {
  const isOld = target.deleted !== undefined || (target.edited?.seq ?? 0) >= seq;
  return isOld || text === undefined ? target : { ...target, text, edited: { seq, at } };
}

function foldDelete(target: Entry, change: Entry): Entry {
  if (target.deleted !== undefined) return target;
  const { text: _text, meta: _meta, mentions: _mentions, edited: _edited, ...rest } = target;
  return { ...rest, deleted: { seq: change.seq, at: change.at, by: change.from.id } };
}

function foldReaction(reactions: Reactions, change: Entry): Reactions {
  const emoji = change.emoji ?? "";
  const others = Object.entries(reactions).filter(([name]) => name !== emoji);
  // An emoji is any text that a client sent, also `constructor` and `__proto__`.
  const before = Object.hasOwn(reactions, emoji) ? (reactions[emoji] ?? []) : [];
  const users = before.filter((user) => user !== change.from.id);
  const now = change.on === true ? [...users, change.from.id] : users;
  return Object.fromEntries(now.length > 0 ? [...others, [emoji, now]] : others);
}
