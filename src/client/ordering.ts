import type { Entry } from "../chat/entry.ts";
import { comparePositions, isNext, type Position } from "../chat/position.ts";

/*
 * How a room's entries, which may come twice, late or with holes, become one ascending sequence.
 *
 *   pushes ──► drop what is not after `last` ──► next? deliver : hold ──► a hole ──► ask the server for what came after `last`
 *
 * All of it is a pure function of what was known before; the room only asks and delivers.
 */

/** What one room has delivered, and what it holds back because something before it is missing. */
export interface Ordering {
  /** The last position that was delivered. Undefined before the first answer of the server. */
  readonly last: Position | undefined;
  /** Ascending, all after `last`, never more than `heldMax`. */
  readonly held: readonly Entry[];
  /** More had to be held than fits; all of it is let go, and the server must be asked for it. */
  readonly overflowed: boolean;
}

export interface Ordered {
  readonly ordering: Ordering;
  /** To hand to the user now, in this order. */
  readonly deliver: readonly Entry[];
  /** Whether the server must be asked for what came after `ordering.last`. */
  readonly hole: boolean;
}

/** The part of the answer to `room:join` that order depends on. */
export interface CatchUp {
  readonly head: Position;
  readonly entries: readonly Entry[];
  readonly more?: true;
  readonly gap?: true;
}

/** Entries that wait for a hole to be filled. Enough for a burst; a longer one is fetched again. */
export const heldMax = 1_000;

/** @param last where the user is already, when it was remembered from an earlier life */
export function orderingFrom(last: Position | undefined): Ordering {
  return { last, held: [], overflowed: false };
}

/** Takes what the server pushed. */
export function orderPush(before: Ordering, entries: readonly Entry[]): Ordered {
  return settle({ ...before, held: ascendingAfter(before.last, [...before.held, ...entries]) }, []);
}

/** Takes an answer to "what came after `last`". What it leaves out is not coming any more. */
export function orderCatchUp(before: Ordering, answer: CatchUp): Ordered {
  if (isRollback(before, answer)) return orderRollback(answer);
  const fresh = ascendingAfter(before.last, answer.entries);
  const end = fresh.at(-1);
  const more = answer.more === true;
  const last = more ? (end ?? before.last) : furthest([before.last, end, answer.head]);
  const settled = settle({ last, held: ascendingAfter(last, before.held), overflowed: false }, fresh);
  return { ...settled, hole: settled.hole || more || before.overflowed };
}

/** Whether the room is shorter than what was delivered of it: the server was put back to an older state. */
function isRollback({ last }: Ordering, { gap, head }: CatchUp): boolean {
  return gap === true && last !== undefined && comparePositions(head, last) < 0;
}

/** Takes the server's head, although it is lower. What was held belongs to a course of the room that is gone. */
function orderRollback({ head, entries, more }: CatchUp): Ordered {
  const deliver = ascendingAfter(undefined, entries);
  const end = deliver.at(-1);
  const last = more === true && end !== undefined ? end : furthest([end, head]);
  const place = last === undefined ? undefined : { epoch: last.epoch, seq: last.seq };
  return { ordering: orderingFrom(place), deliver, hole: more === true };
}

/** Gives up on a hole that the server can't fill: goes on with what is held. */
export function orderSkip(before: Ordering): Ordered {
  const [first] = before.held;
  if (first === undefined) return { ordering: before, deliver: [], hole: false };
  return settle({ ...before, last: { epoch: first.epoch, seq: first.seq - 1 } }, []);
}

function settle(before: Ordering, delivered: readonly Entry[]): Ordered {
  if (before.last === undefined) return { ordering: bounded(before), deliver: delivered, hole: false };
  const count = contiguousPrefix(before.last, before.held);
  const deliver = [...delivered, ...before.held.slice(0, count)];
  const last = before.held[count - 1] ?? before.last;
  const ordering = bounded({ ...before, last: { epoch: last.epoch, seq: last.seq }, held: before.held.slice(count) });
  return { ordering, deliver, hole: ordering.held.length > 0 || ordering.overflowed };
}

function bounded(ordering: Ordering): Ordering {
  return ordering.held.length <= heldMax ? ordering : { ...ordering, held: [], overflowed: true };
}

function contiguousPrefix(start: Position, ascending: readonly Entry[]): number {
  let last = start;
  let count = 0;
  for (const entry of ascending) {
    if (!isNext(last, entry)) break;
    last = entry;
    count += 1;
  }
  return count;
}

function ascendingAfter(last: Position | undefined, entries: readonly Entry[]): Entry[] {
  const wanted = entries.filter((entry) => last === undefined || comparePositions(entry, last) > 0);
  const sorted = wanted.sort(comparePositions);
  return sorted.filter((entry, i) => {
    const previous = sorted[i - 1];
    return previous === undefined || comparePositions(previous, entry) !== 0;
  });
}

function furthest(positions: readonly (Position | undefined)[]): Position | undefined {
  return positions
    .filter((position) => position !== undefined)
    .reduce<Position | undefined>((a, b) => (a === undefined || comparePositions(b, a) > 0 ? b : a), undefined);
}
