/**
 * A place in a room. `seq` alone is not enough: when the log loses its tail, a seq could be given to a second message,
 * and everyone who holds the first would drop the second as a repeat. The epoch rises each time that may have happened,
 * so the two are told apart.
 */
export interface Position {
  /** A decimal number as text (it outgrows nothing, but clients need not do arithmetic on it). Only ever rises. */
  readonly epoch: string;
  /** 1 for the first entry of a room; contiguous within an epoch. 0 is the place before the first. */
  readonly seq: number;
}

/** Negative when `a` is before `b`, 0 when they are the same place. */
export function comparePositions(a: Position, b: Position): number {
  return Number(a.epoch) - Number(b.epoch) || a.seq - b.seq;
}

/**
 * Whether a mark says something about a place: it is not of an older epoch, and not before the place. Of a place of an
 * older epoch it says only that the room is settled so far: the entry that was there may have been lost.
 */
export function covers(mark: Position, place: Position): boolean {
  return Number(mark.epoch) >= Number(place.epoch) && mark.seq >= place.seq;
}

/** Whether `next` directly follows `last`, with nothing between them that could be missing. */
export function isNext(last: Position, next: Position): boolean {
  return last.epoch === next.epoch && next.seq === last.seq + 1;
}
