import { comparePositions, type Position } from "../../src/chat/position.ts";
import { errorCatalogue } from "../../src/protocol/errors.ts";
import type { Durability } from "../../src/protocol/schemas.ts";
import { type Op, type Report, type Run, show } from "./checker-journal.ts";
import { mayWait } from "./load-plan.ts";

export type Invoked = Extract<Op, { readonly op: "invoke" }>;
export type Acked = Extract<Op, { readonly op: "ok" }>;

/** What the senders did and were told, by id. */
export interface Sends {
  readonly invoked: ReadonlyMap<string, Invoked>;
  /** Of several answers, the one with the strongest promise. */
  readonly acked: ReadonlyMap<string, Acked>;
  readonly failed: ReadonlySet<string>;
  /** What was asked to be done to a message, by `placeKey`. */
  readonly changes: ReadonlyMap<string, readonly Invoked[]>;
}

const tiers = ["fast", "safe", "stored"] as const satisfies readonly Durability[];

function rank(tier: Durability): number {
  return tiers.indexOf(tier);
}

export function placeKey(room: string, seq: number): string {
  return `${room} ${seq}`;
}

/** Whether the fault of the run may have taken away what was acknowledged like this. */
export function isLosable({ losable }: Run, { tier }: Acked): boolean {
  return losable?.has(tier) === true;
}

/**
 * One pass over the journal. Along the way: I6 an acknowledged entry comes before any that was sent later, and the sends of one
 * connection keep their order; I7 an id has one position; I10 every send ends with an answer, and every error has a code and a reason; I13
 * no answer names a lower tier than was asked for, or than the deployment promises.
 */
export function readSends(run: Run, report: Report): Sends {
  const sends = {
    invoked: new Map<string, Invoked>(),
    acked: new Map<string, Acked>(),
    failed: new Set<string>(),
    changes: new Map<string, Invoked[]>(),
  };
  const ended = new Set<string>();
  const order = createOrderCheck(report);
  for (const op of run.ops) {
    if (op.op === "invoke") {
      sends.invoked.set(op.id, op);
      noteChange(sends.changes, op);
      order.invoked(op);
    } else if (op.op === "ok") {
      const before = sends.acked.get(op.id);
      checkSamePlace(run, before, op, report);
      checkTier(run, sends.invoked.get(op.id), op, report);
      if (before === undefined) order.acked(op, sends.invoked.get(op.id));
      if (before === undefined || rank(op.tier) >= rank(before.tier)) sends.acked.set(op.id, op);
      ended.add(op.id);
    } else if (isEnd(op)) {
      checkEnd(op, report);
      if (op.op === "fail") sends.failed.add(op.id);
      ended.add(op.id);
    }
  }
  checkAllEnded(run.ops, sends, ended, report);
  checkRefusals(run, sends, report);
  return sends;
}

function noteChange(changes: Map<string, Invoked[]>, op: Invoked): void {
  if (op.target === undefined) return;
  const key = placeKey(op.room, op.target);
  const before = changes.get(key);
  if (before === undefined) changes.set(key, [op]);
  else before.push(op);
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

/** A change is refused only where another deletes its message, or its message may be lost. */
function checkRefusals(run: Run, { invoked, changes }: Sends, report: Report): void {
  if (run.losable !== undefined) return;
  for (const { id, code } of run.ops.filter(isEnd)) {
    const asked = invoked.get(id);
    if (asked?.target === undefined || code === "TIMEOUT") continue;
    const rivals = changes.get(placeKey(asked.room, asked.target)) ?? [];
    const isDeleted = rivals.some((rival) => rival.kind === "delete" && rival.id !== id);
    if (code !== "CONFLICT" || !isDeleted)
      report("I10", `${id} was refused with ${code}, and nobody deletes ${asked.target} of ${asked.room}`);
  }
}

function checkTier({ floor = "fast" }: Run, asked: Invoked | undefined, { id, tier }: Acked, report: Report): void {
  const least = asked?.tier !== undefined && rank(asked.tier) > rank(floor) ? asked.tier : floor;
  if (rank(tier) < rank(least)) report("I13", `${id} is owed ${least} and was answered ${tier}`);
}

/** What was lost with an epoch may be sent again and get another place in a later one. */
function checkSamePlace(run: Run, before: Acked | undefined, now: Acked, report: Report): void {
  if (before === undefined || comparePositions(before, now) === 0) return;
  if (isLosable(run, before) && Number(now.epoch) > Number(before.epoch)) return;
  report("I7", `${now.id} was at ${show(before)}, then at ${show(now)}`);
}

interface OrderCheck {
  invoked(op: Invoked): void;
  acked(op: Acked, asked: Invoked | undefined): void;
}

interface Placed {
  /** How many sends had begun before. */
  readonly begun: number;
  readonly op: Acked;
}

/**
 * Of the messages of one connection into one room, those that were answered at the first try are in the order in which they began. Those
 * that wait for the store are apart: the load lets others go before them.
 */
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
  const checkFifo = (now: Placed, asked: Durability | undefined): void => {
    const key = `${now.op.connection} ${now.op.room} ${mayWait(asked)}`;
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
    acked: (op, asked) => {
      checkFloor(op);
      if (op.attempt === 1 && asked?.kind === "message") checkFifo({ begun: order.get(op.id) ?? 0, op }, asked.tier);
      const highest = highestAcked.get(op.room);
      if (highest === undefined || comparePositions(op, highest) > 0) highestAcked.set(op.room, op);
    },
  };
}
