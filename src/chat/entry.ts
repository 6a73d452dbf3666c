import type { Position } from "./position.ts";

/** Everything that happens in a room takes a seq of its own, so an edit can't overtake the message it edits. */
export type EntryKind = "message" | "edit" | "delete" | "reaction" | "system";

export interface Author {
  readonly id: string;
  readonly name?: string;
}

/** Who reacted with what, by emoji: ids in the order of their reactions. */
export type Reactions = Readonly<Record<string, readonly string[]>>;

/** What a sender asks the log to append. Already checked against schema, grants, size and rate. */
export interface NewEntry {
  readonly kind: EntryKind;
  readonly room: string;
  /** The sender's own id: with `from.id` and `room` it names this entry forever, however often it is sent. */
  readonly id: string;
  readonly from: Author;
  readonly text?: string;
  /** Seq of the message that an edit, delete or reaction is about. */
  readonly target?: number;
  readonly emoji?: string;
  /** Reaction set (true) or taken back. */
  readonly on?: boolean;
  readonly replyTo?: number;
  readonly mentions?: readonly string[];
  readonly meta?: Readonly<Record<string, unknown>>;
}

/** An entry in its place. */
export interface Entry extends NewEntry, Position {
  /** When the log took it, Unix ms. Never falls within a room and epoch, but order is by seq alone. */
  readonly at: number;
  /** On a message: the latest edit that was folded in. */
  readonly edited?: { readonly seq: number; readonly at: number };
  /** On a message: it was deleted; its text is gone. */
  readonly deleted?: { readonly seq: number; readonly at: number; readonly by: string };
  /** On a message: reactions folded in. */
  readonly reactions?: Reactions;
}

/** Kinds that a history page shows; the others only change one of these. */
export function isShown(entry: Entry): boolean {
  return entry.kind === "message" || entry.kind === "system";
}
