import type { Position } from "../../src/chat/position.ts";
import { type Op, type Recorded, type Report, type Run, show } from "./checker-journal.ts";
import type { Sends } from "./checker-sends.ts";

type Mark = Extract<Op, { readonly op: "stored" }>;
type Told = Position & { readonly room: string; readonly id: string };

/**
 * I14 what a stored mark covers is in history: every entry of the mark's epoch that anyone was given or acknowledged up to its seq. And no
 * mark is beyond the end of the room.
 */
export function checkMarks({ ops, history }: Run, { acked }: Sends, report: Report): void {
  const marks = ops.filter((op) => op.op === "stored");
  for (const mark of marks) checkEnd(mark, history.get(mark.room)?.at(-1), report);
  const covers = coverOf(marks);
  const stored = new Map(
    [...history].map(([room, entries]) => [room, new Map(entries.map((entry) => [entry.seq, entry]))]),
  );
  const missing = new Map<string, Told>();
  for (const told of [...ops.filter((op) => op.op === "deliver"), ...acked.values()])
    if (covers(told) && !isAt(told, stored.get(told.room)?.get(told.seq))) missing.set(told.id, told);
  for (const [id, told] of missing)
    report("I14", `${id} at ${show(told)} of ${told.room} was said to be stored, and is not in history`);
}

function checkEnd({ client, room, seq }: Mark, end: Recorded | undefined, report: Report): void {
  if (seq > (end?.seq ?? 0)) report("I14", `${client} heard that ${room} is stored up to ${seq}, beyond its end`);
}

/** Whether a mark covers a place. */
function coverOf(marks: readonly Mark[]): (place: Told) => boolean {
  const highest = new Map<string, number>();
  const key = (room: string, epoch: string): string => `${room} ${epoch}`;
  for (const { room, epoch, seq } of marks)
    highest.set(key(room, epoch), Math.max(seq, highest.get(key(room, epoch)) ?? 0));
  return ({ room, epoch, seq }) => seq <= (highest.get(key(room, epoch)) ?? 0);
}

function isAt(told: Told, there: Recorded | undefined): boolean {
  return there?.id === told.id && there.epoch === told.epoch;
}
