import type { Entry } from "../src/client/index.ts";
import { isSameDay } from "./day.ts";
import type { Timeline } from "./timeline.ts";

/** How far an own message has come. */
export type Progress = "sending" | "sent" | "stored" | "failed";

/** An own message that the room has not delivered yet. */
export interface Outgoing {
  readonly id: string;
  readonly text: string;
  readonly at: number;
  readonly progress: "sending" | "sent" | "failed";
  /** Why it failed, for people. */
  readonly problem?: string;
}

export interface MessageRow {
  readonly kind: "message";
  /** The same while a message is sent, delivered, edited. */
  readonly key: string;
  readonly seq?: number;
  readonly id: string;
  readonly author: { readonly id: string; readonly name: string };
  readonly mine: boolean;
  /** The first of several by one person in a short time. */
  readonly leads: boolean;
  readonly at: number;
  readonly text: string;
  readonly edited: boolean;
  readonly deleted: boolean;
  readonly reactions: readonly { readonly emoji: string; readonly count: number; readonly mine: boolean }[];
  readonly progress?: Progress;
  readonly problem?: string;
  /** A change of it is on its way. */
  readonly changing: boolean;
}

export type Row =
  | MessageRow
  | { readonly kind: "day"; readonly key: string; readonly at: number }
  | { readonly kind: "break"; readonly key: string };

export interface RowSource {
  readonly timeline: Timeline;
  readonly outgoing: readonly Outgoing[];
  readonly storedSeq: number;
  /** Seqs of messages that have a change on its way. */
  readonly changing: ReadonlySet<number>;
  readonly me: { readonly id: string; readonly name: string };
}

/** One person's messages within this time stand together, ms. */
const runMs = 5 * 60_000;

/** Everything that the list shows, from top to bottom. */
export function rowsOf(source: RowSource): Row[] {
  const delivered = source.timeline.entries.map((entry) => deliveredRow(source, entry));
  const here = new Set(delivered.map(({ key }) => key));
  const waiting = source.outgoing.map((out) => waitingRow(source, out)).filter(({ key }) => !here.has(key));
  return [...delivered, ...waiting].flatMap((row, i, all) => withSeparators(source, all[i - 1], row));
}

function withSeparators({ timeline }: RowSource, before: MessageRow | undefined, row: MessageRow): Row[] {
  const newDay = before === undefined || !isSameDay(before.at, row.at);
  const broken = before?.seq !== undefined && timeline.isBroken(before.seq, row.seq ?? Infinity);
  const leads = newDay || broken || before.author.id !== row.author.id || row.at - before.at > runMs;
  const parts: Row[] = [{ ...row, leads }];
  if (newDay) parts.unshift({ kind: "day", key: `day ${new Date(row.at).toDateString()}`, at: row.at });
  if (broken) parts.unshift({ kind: "break", key: `break ${row.key}` });
  return parts;
}

function deliveredRow({ me, storedSeq, changing }: RowSource, entry: Entry): MessageRow {
  const mine = entry.from.id === me.id;
  return {
    kind: "message",
    key: `${entry.from.id} ${entry.id}`,
    seq: entry.seq,
    id: entry.id,
    author: { id: entry.from.id, name: entry.from.name ?? entry.from.id },
    mine,
    leads: true,
    at: entry.at,
    text: entry.text ?? "",
    edited: entry.edited !== undefined,
    deleted: entry.deleted !== undefined,
    reactions: Object.entries(entry.reactions ?? {}).map(([emoji, users]) => ({
      emoji,
      count: users.length,
      mine: users.includes(me.id),
    })),
    changing: changing.has(entry.seq),
    ...(mine ? { progress: entry.seq <= storedSeq ? ("stored" as const) : ("sent" as const) } : {}),
  };
}

function waitingRow({ me }: RowSource, out: Outgoing): MessageRow {
  const { id, at, text, progress } = out;
  return {
    kind: "message",
    key: `${me.id} ${id}`,
    id,
    author: me,
    mine: true,
    leads: true,
    at,
    text,
    edited: false,
    deleted: false,
    reactions: [],
    changing: false,
    progress,
    ...(out.problem === undefined ? {} : { problem: out.problem }),
  };
}

/** Whether two rows are one message at two points of its way, and all else about it is the same. */
export function differsInProgressOnly(before: Row, after: Row): boolean {
  if (before.kind !== "message" || after.kind !== "message") return false;
  if (before.progress === "failed" || after.progress === "failed") return false;
  return JSON.stringify(lasting(before)) === JSON.stringify(lasting(after));
}

function lasting(row: MessageRow): readonly unknown[] {
  return [row.key, row.author, row.mine, row.leads, row.text, row.edited, row.deleted, row.reactions, row.changing];
}
