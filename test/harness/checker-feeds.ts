import { comparePositions, isNext, type Position } from "../../src/chat/position.ts";
import { type Op, type Recorded, type Report, type Run, show } from "./checker-journal.ts";
import { placeKey, type Sends } from "./checker-sends.ts";

type Delivered = Extract<Op, { readonly op: "deliver" }>;

/** I3 seqs are contiguous within an epoch, never come again in a later one, and epochs only rise. */
export function checkContiguous({ history }: Run, report: Report): void {
  for (const [room, entries] of history) {
    let last: Position = { epoch: entries[0]?.epoch ?? "0", seq: 0 };
    for (const entry of entries) {
      const rises = Number(entry.epoch) > Number(last.epoch) && entry.seq > last.seq;
      if (!isNext(last, entry) && !rises) report("I3", `${show(entry)} follows ${show(last)} in ${room}`);
      last = entry;
    }
  }
}

/** Where a client is in a room. */
interface Place {
  last: Position;
  gap: boolean;
}

/**
 * I4 each client sees rising positions, with nothing left out that was not declared, and nothing is declared missing unless the epoch changed
 * or messages expired; I5 what was delivered is in history, unless its epoch lost its tail, with a text that it had at some time; I11 nobody gets what is of a room that they are not in; I12 in the end everyone is at the end.
 */
export function checkFeeds(run: Run, sends: Sends, report: Report): void {
  const { ops, history } = run;
  const places = new Map<string, Map<string, Place>>();
  const stored = indexHistory(history);
  for (const op of ops) {
    if (op.op === "join") enter(places, op);
    else if (op.op === "gap") declareGap(places, op, run, report);
    else if (op.op === "deliver") {
      checkPlace(places, op, report);
      checkIsStored(stored.get(op.room), op, report);
      checkText(sends, op, report);
    }
  }
  for (const [client, rooms] of places)
    for (const [room, { last }] of rooms) checkAtEnd({ client, room, last, end: stored.get(room)?.end }, report);
}

function enter(places: Map<string, Map<string, Place>>, op: Extract<Op, { readonly op: "join" }>): void {
  const rooms = places.get(op.client) ?? new Map<string, Place>();
  places.set(op.client, rooms);
  const place = rooms.get(op.room);
  // After a gap it goes on from the end: what lies between was a page of history.
  if (place === undefined || place.gap) rooms.set(op.room, { last: op.head, gap: false });
  // The same place in a newer epoch: nothing was written since, and the next entry follows this one.
  else if (place.last.seq === op.head.seq && comparePositions(op.head, place.last) > 0) place.last = op.head;
}

type Gap = Extract<Op, { readonly op: "gap" }>;

function declareGap(places: Map<string, Map<string, Place>>, op: Gap, { expires }: Run, report: Report): void {
  const { client, room, after, head } = op;
  if (expires !== true && Number(head.epoch) <= Number(after.epoch))
    report("I4", `${client} was told of a gap after ${show(after)} of ${room}, which ends at ${show(head)}`);
  const place = places.get(op.client)?.get(op.room);
  if (place !== undefined) place.gap = true;
}

function checkPlace(places: Map<string, Map<string, Place>>, op: Delivered, report: Report): void {
  const place = places.get(op.client)?.get(op.room);
  if (place === undefined) return report("I11", `${op.client} got ${op.id} of ${op.room} without being in it`);
  const { last, gap } = place;
  if (comparePositions(op, last) <= 0) report("I4", `${op.client} got ${show(op)} after ${show(last)} in ${op.room}`);
  else if (!gap && op.seq !== last.seq + 1)
    report("I4", `${op.client} missed what is between ${show(last)} and ${show(op)} in ${op.room}`);
  place.last = { epoch: op.epoch, seq: op.seq };
  place.gap = false;
}

interface StoredRoom {
  readonly bySeq: ReadonlyMap<number, Recorded>;
  readonly end: Position | undefined;
}

function indexHistory(history: Run["history"]): Map<string, StoredRoom> {
  return new Map(
    [...history].map(([room, entries]) => [
      room,
      { bySeq: new Map(entries.map((entry) => [entry.seq, entry])), end: entries.at(-1) },
    ]),
  );
}

function checkIsStored(room: StoredRoom | undefined, op: Delivered, report: Report): void {
  const entry = room?.bySeq.get(op.seq);
  if (isSame(op, entry) || isTruncated(op, entry, room?.end)) return;
  const there = entry === undefined ? "nothing" : `${entry.id} ${show(entry)}`;
  report("I5", `${op.client} got ${op.id} at ${show(op)} of ${op.room}, where history has ${there}`);
}

function isSame(op: Delivered, entry: Recorded | undefined): boolean {
  return entry?.epoch === op.epoch && entry.id === op.id && entry.from === op.from && entry.kind === op.kind;
}

/** Its own, or that of an edit of it, or none where another change took it away: what is read back has changes folded in. */
function checkText({ invoked, changes }: Sends, op: Delivered, report: Report): void {
  const sent = invoked.get(op.id);
  if (sent === undefined || op.text === sent.text) return;
  const about = sent.kind === "edit" ? (sent.target ?? 0) : op.seq;
  const later = changes.get(placeKey(op.room, about)) ?? [];
  const explains = ({ kind, id, text }: (typeof later)[number]): boolean => {
    if (op.text !== undefined) return kind === "edit" && sent.kind === "message" && text === op.text;
    return kind === "delete" || (kind === "edit" && sent.kind === "edit" && id !== op.id);
  };
  const isKnown = later.some(explains);
  if (!isKnown) report("I5", `${op.client} got ${op.id} at ${show(op)} of ${op.room} with the text ${op.text}`);
}

/** The log went on in a later epoch without this one. */
function isTruncated(op: Delivered, entry: Recorded | undefined, end: Position | undefined): boolean {
  return entry?.epoch !== op.epoch && Number(end?.epoch ?? 0) > Number(op.epoch);
}

function checkAtEnd(
  place: {
    readonly client: string;
    readonly room: string;
    readonly last: Position;
    readonly end: Position | undefined;
  },
  report: Report,
): void {
  const { client, room, last, end } = place;
  if (end !== undefined && comparePositions(last, end) < 0)
    report("I12", `${client} is still at ${show(last)} of ${room}, which ends at ${show(end)}`);
}
