import { comparePositions, type Position } from "../../src/chat/position.ts";
import { errorCatalogue } from "../../src/protocol/errors.ts";
import { type Op, type Recorded, type Report, type Run, show } from "./checker-journal.ts";

type Invoked = Extract<Op, { readonly op: "invoke" }>;
type Acked = Extract<Op, { readonly op: "ok" }>;

/** What the senders did and were told, by message id. */
export interface Sends {
  readonly invoked: ReadonlyMap<string, Invoked>;
  readonly acked: ReadonlyMap<string, Acked>;
  readonly failed: ReadonlySet<string>;
}

/**
 * One pass over the journal. Along the way: I6 an acknowledged message comes before any that was sent later, and the sends of one
 * connection keep their order; I7 an id has one position; I10 every send ends with an answer, and every error has a code.
 */
export function readSends(ops: readonly Op[], report: Report): Sends {
  const sends = { invoked: new Map<string, Invoked>(), acked: new Map<string, Acked>(), failed: new Set<string>() };
  const ended = new Set<string>();
  const order = createOrderCheck(report);
  for (const op of ops) {
    if (op.op === "invoke") {
      sends.invoked.set(op.id, op);
      order.invoked(op);
    } else if (op.op === "ok") {
      checkSamePlace(sends.acked.get(op.id), op, report);
      if (!sends.acked.has(op.id)) order.acked(op);
      sends.acked.set(op.id, op);
      ended.add(op.id);
    } else if (isEnd(op)) {
      checkEnd(op, report);
      ended.add(op.id);
    }
  }
  for (const op of ops) if (op.op === "fail") sends.failed.add(op.id);
  checkAllEnded(ops, sends, ended, report);
  return sends;
}

type Ended = Extract<Op, { readonly op: "fail" | "info" }>;

function isEnd(op: Op): op is Ended {
  return op.op === "fail" || op.op === "info";
}

function checkAllEnded(ops: readonly Op[], sends: Sends, ended: ReadonlySet<string>, report: Report): void {
  for (const op of ops) if (op.op === "hang") report("I10", `${op.id} got no answer on a live connection`);
  for (const id of sends.invoked.keys()) if (!ended.has(id)) report("I10", `${id} never ended`);
}

function checkEnd(op: Ended, report: Report): void {
  if (!(op.code in errorCatalogue)) report("I10", `${op.id} ended with ${op.code}, which is no code`);
}

function checkSamePlace(before: Acked | undefined, now: Acked, report: Report): void {
  if (before !== undefined && comparePositions(before, now) !== 0)
    report("I7", `${now.id} was at ${show(before)}, then at ${show(now)}`);
}

interface OrderCheck {
  invoked(op: Invoked): void;
  acked(op: Acked): void;
}

interface Placed {
  /** How many sends had begun before. */
  readonly begun: number;
  readonly op: Acked;
}

/** Of the sends of one connection into one room, those that were answered at the first try are in the order in which they began. */
function createOrderCheck(report: Report): OrderCheck {
  const highestAcked = new Map<string, Position>();
  const floors = new Map<string, Position | undefined>();
  const order = new Map<string, number>();
  const lastOfConnection = new Map<string, Placed>();

  const checkFloor = (op: Acked): void => {
    const floor = floors.get(op.id);
    if (floor !== undefined && comparePositions(floor, op) >= 0)
      report("I6", `${op.id} at ${show(op)} was sent after ${show(floor)} was acknowledged`);
  };
  const checkFifo = (now: Placed): void => {
    const key = `${now.op.connection} ${now.op.room}`;
    const last = lastOfConnection.get(key);
    if (last !== undefined && now.begun > last.begun !== comparePositions(now.op, last.op) > 0)
      report(
        "I6",
        `${now.op.id} ${show(now.op)} and ${last.op.id} ${show(last.op)} are not in the order of their sends`,
      );
    if (last === undefined || now.begun > last.begun) lastOfConnection.set(key, now);
  };
  return {
    invoked: (op) => {
      order.set(op.id, order.size);
      floors.set(op.id, highestAcked.get(op.room));
    },
    acked: (op) => {
      checkFloor(op);
      if (op.attempt === 1) checkFifo({ begun: order.get(op.id) ?? 0, op });
      const highest = highestAcked.get(op.room);
      if (highest === undefined || comparePositions(op, highest) > 0) highestAcked.set(op.room, op);
    },
  };
}

/** I1 every acknowledged message is in history once, as it was sent, where the answer said; I2 nothing else is there. */
export function checkStored({ history }: Run, sends: Sends, report: Report): void {
  const seen = new Set<string>();
  for (const [room, entries] of history)
    for (const entry of entries) if (entry.kind === "message") checkEntry({ room, entry, seen, sends, report });
  for (const [id, op] of sends.acked)
    if (!seen.has(id)) report("I1", `${id}, acknowledged at ${show(op)} of ${op.room}, is not in history`);
}

function checkEntry(about: {
  readonly room: string;
  readonly entry: Recorded;
  readonly seen: Set<string>;
  readonly sends: Sends;
  readonly report: Report;
}): void {
  const { room, entry, seen, sends, report } = about;
  const where = `${entry.id} at ${show(entry)} of ${room}`;
  if (seen.has(entry.id)) report("I1", `${where} is there twice`);
  seen.add(entry.id);
  const invoked = sends.invoked.get(entry.id);
  if (invoked === undefined) return report("I2", `nobody sent ${where}`);
  if (sends.failed.has(entry.id)) report("I2", `${where} was refused`);
  if (invoked.room !== room || invoked.sender !== entry.from || invoked.text !== entry.text)
    report("I1", `${where} is not what was sent`);
  const acked = sends.acked.get(entry.id);
  if (acked !== undefined && comparePositions(acked, entry) !== 0)
    report("I1", `${where} was acknowledged at ${show(acked)}`);
}
