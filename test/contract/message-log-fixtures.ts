import type { Entry, NewEntry } from "../../src/chat/entry.ts";
import type { Position } from "../../src/chat/position.ts";
import type { FeedListener, HighestStored, LogTier, MessageLog, StoredBatch } from "../../src/write-behind/index.ts";

/** What a log under test is built from. */
export interface LogSettings {
  readonly partitions: number;
  /** Entries in one partition's buffer from which on appends are refused. */
  readonly highWatermark: number;
  /** Stored entries that a room's log keeps. */
  readonly tail: number;
  readonly highestStored: HighestStored;
}

export interface LogUnderTest {
  readonly log: MessageLog;
  /** The highest tier that it offers. */
  readonly safest: LogTier;
  /** Lets go of everything, the data too. */
  close(): Promise<void>;
}

/** Makes a log that holds nothing. */
export type MakeLog = (settings: LogSettings) => Promise<LogUnderTest>;

/** Builds the log of one test; a test that needs other settings than the usual says which. */
export type Build = (settings?: Partial<LogSettings>) => Promise<MessageLog>;

/** A message of a few bytes that differs from every other with another id. */
export function message(room: string, id: string, more: Partial<NewEntry> = {}): NewEntry {
  return { kind: "message", room, id, from: { id: "ada", name: "Ada" }, text: `text of ${id}`, ...more };
}

/** A change of a message in the room `r`; `text` is the new one of an edit. */
export function change(
  kind: "edit" | "delete" | "reaction",
  id: string,
  { target, text = '"kind":"message"' }: { readonly target: number; readonly text?: string },
): NewEntry {
  const parts = { edit: { text }, delete: {}, reaction: { emoji: "+", on: true } } as const;
  return { kind, room: "r", id, from: { id: "ada" }, target, ...parts[kind] };
}

/** Appends `count` messages one after the other, with ids `<prefix>1` and so on. */
export async function fill(log: MessageLog, room: string, count: number, prefix = "m"): Promise<void> {
  for (let i = 1; i <= count; i++) await log.append(message(room, `${prefix}${i}`));
}

export function seqs(entries: readonly Pick<Position, "seq">[]): number[] {
  return entries.map((entry) => entry.seq);
}

/** The numbers from `first` to `last`, both included. */
export function span(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
}

/** A listener that keeps what it hears. */
export function recorder(): FeedListener & {
  readonly entries: Entry[];
  readonly marks: Position[];
  readonly batches: (StoredBatch | undefined)[];
} {
  const entries: Entry[] = [];
  const marks: Position[] = [];
  const batches: (StoredBatch | undefined)[] = [];
  return {
    entries,
    marks,
    batches,
    entry: (entry) => void entries.push(entry),
    stored: (mark, batch) => {
      marks.push(mark);
      batches.push(batch);
    },
  };
}
