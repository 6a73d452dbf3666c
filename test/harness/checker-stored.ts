import { comparePositions } from "../../src/chat/position.ts";
import { type Recorded, type Report, type Run, show, textMark } from "./checker-journal.ts";
import { type Acked, type Invoked, isLosable, type Sends } from "./checker-sends.ts";

/**
 * I1 every acknowledged entry is in history once, as it was sent, where the answer said; I2 nothing else is there; I15 a message shows the
 * changes that history has, of each kind the last by seq, and a delete for good; I16 a text that was edited or deleted is nowhere.
 */
export function checkStored(run: Run, sends: Sends, report: Report): void {
  const seen = new Set<string>();
  for (const [room, entries] of run.history) {
    const changes = changesIn(entries);
    for (const entry of entries) {
      if (entry.kind === "system") continue;
      checkEntry({ run, room, entry, seen, sends, report });
      if (entry.kind === "message") checkFolded({ room, entry, changes: changes.get(entry.seq) ?? [], sends, report });
    }
  }
  for (const [id, op] of sends.acked)
    if (!seen.has(id) && !isLosable(run, op))
      report("I1", `${id}, acknowledged ${op.tier} at ${show(op)} of ${op.room}, is not in history`);
  checkRemaining(run, report);
}

/** By the seq of their message, ascending by their own. */
function changesIn(entries: readonly Recorded[]): Map<number, Recorded[]> {
  const changes = new Map<number, Recorded[]>();
  for (const entry of entries)
    if (entry.target !== undefined) changes.set(entry.target, [...(changes.get(entry.target) ?? []), entry]);
  return changes;
}

function checkEntry(about: {
  readonly run: Run;
  readonly room: string;
  readonly entry: Recorded;
  readonly seen: Set<string>;
  readonly sends: Sends;
  readonly report: Report;
}): void {
  const { run, room, entry, seen, sends, report } = about;
  const where = `${entry.id} at ${show(entry)} of ${room}`;
  if (seen.has(entry.id)) report("I1", `${where} is there twice`);
  seen.add(entry.id);
  const invoked = sends.invoked.get(entry.id);
  if (invoked === undefined) return report("I2", `nobody sent ${where}`);
  if (sends.failed.has(entry.id)) report("I2", `${where} was refused`);
  if (!isAsSent(room, entry, invoked)) report("I1", `${where} is not what was sent`);
  const acked = sends.acked.get(entry.id);
  if (acked !== undefined && !isThere(run, acked, entry)) report("I1", `${where} was acknowledged at ${show(acked)}`);
}

function isThere(run: Run, acked: Acked, entry: Recorded): boolean {
  return comparePositions(acked, entry) === 0 || (isLosable(run, acked) && Number(entry.epoch) > Number(acked.epoch));
}

/** Texts apart: those of messages and of their edits change with what comes later. */
function isAsSent(room: string, entry: Recorded, { sender, ...sent }: Invoked): boolean {
  const isSame = sent.room === room && sender === entry.from && sent.kind === entry.kind;
  return isSame && sent.target === entry.target && sent.emoji === entry.emoji && sent.on === entry.on;
}

interface Folded {
  readonly room: string;
  readonly entry: Recorded;
  readonly changes: readonly Recorded[];
  readonly sends: Sends;
  readonly report: Report;
}

function checkFolded({ room, entry, changes, sends, report }: Folded): void {
  const deleted = changes.some(({ kind }) => kind === "delete");
  const edits = changes.filter(({ kind }) => kind === "edit");
  const textOf = (id: string): string | undefined => (deleted ? undefined : sends.invoked.get(id)?.text);
  const last = edits.at(-1);
  const text = textOf(last?.id ?? entry.id);
  const where = `${entry.id} at ${show(entry)} of ${room}`;
  const invariant = changes.length === 0 ? "I1" : "I15";
  if (entry.text !== text || entry.deleted !== deleted)
    report(invariant, `${where} shows ${wordsOf(entry)} and not ${wordsOf({ text, deleted })}`);
  for (const edit of edits)
    if (edit.text !== (edit === last ? text : undefined))
      report("I15", `the edit ${edit.id} of ${where} has the text ${edit.text}`);
  const [shown, expected] = [setOf(entry.reactions), reactionsIn(changes)];
  if (shown !== expected) report(invariant, `${where} shows the reactions ${shown} and not ${expected}`);
}

function wordsOf({ text, deleted }: Pick<Recorded, "text" | "deleted">): string {
  return `${deleted ? "a deleted message with " : ""}${text === undefined ? "no text" : JSON.stringify(text.slice(0, 60))}`;
}

function setOf(reactions: Recorded["reactions"]): string {
  const pairs = Object.entries(reactions).flatMap(([emoji, users]) => users.map((user) => `${emoji} ${user}`));
  return pairs.sort().join(", ");
}

/** Of each user with each emoji, the last by seq. */
function reactionsIn(changes: readonly Recorded[]): string {
  const last = new Map<string, boolean>();
  for (const { kind, emoji, from, on } of changes) if (kind === "reaction") last.set(`${emoji} ${from}`, on === true);
  return [...last]
    .flatMap(([pair, on]) => (on ? [pair] : []))
    .sort()
    .join(", ");
}

function checkRemaining({ history, remaining }: Run, report: Report): void {
  if (remaining === undefined) return;
  for (const [room, entries] of history)
    for (const id of erasedIn(entries))
      if (remaining.has(textMark(id))) report("I16", `the text of ${id} in ${room} is still there`);
}

/** Ids of the messages and edits whose text a later change took away. */
function erasedIn(entries: readonly Recorded[]): string[] {
  const changes = changesIn(entries);
  const messages = entries.filter(({ kind }) => kind === "message");
  return messages.flatMap(({ seq, id, deleted }) => {
    const edits = (changes.get(seq) ?? []).filter(({ kind }) => kind === "edit");
    const writers = [id, ...edits.map((edit) => edit.id)];
    return deleted ? writers : writers.slice(0, -1);
  });
}
