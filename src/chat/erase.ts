import type { Entry } from "./entry.ts";
import { fold } from "./fold.ts";

/** Whether an entry replaces or deletes the text of an earlier one. */
export function changesText(entry: Pick<Entry, "kind" | "target">): boolean {
  return (entry.kind === "edit" || entry.kind === "delete") && entry.target !== undefined;
}

/**
 * Removes every text that one of the changes replaced or deleted. A message gets the text of its latest edit, or loses it
 * with `meta` and `mentions`. An edit that was followed by another one or by a delete loses its text. No entry goes away.
 * Erasing again changes nothing, and a reader that applies the changes afterwards ends in the same state.
 * @param entries of one room, ascending by seq
 * @param changes of the same room, ascending by seq; those that change no text are left out
 */
export function eraseSuperseded(entries: readonly Entry[], changes: readonly Entry[] = entries): readonly Entry[] {
  const relevant = changes.filter(changesText);
  if (relevant.length === 0) return entries;
  const last = lastChanges(relevant);
  return fold(entries, relevant).map((entry) => (isSuperseded(entry, last) ? withoutText(entry) : entry));
}

/** By target: the seq of its latest edit; Infinity once it is deleted. */
function lastChanges(changes: readonly Entry[]): ReadonlyMap<number, number> {
  const last = new Map<number, number>();
  for (const { kind, seq, target = 0 } of changes) {
    if (target < seq) last.set(target, Math.max(last.get(target) ?? 0, kind === "delete" ? Infinity : seq));
  }
  return last;
}

function isSuperseded({ kind, seq, target = 0 }: Entry, last: ReadonlyMap<number, number>): boolean {
  return kind === "edit" && target < seq && (last.get(target) ?? 0) > seq;
}

function withoutText({ text: _text, ...rest }: Entry): Entry {
  return rest;
}
