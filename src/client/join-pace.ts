import { limits } from "../protocol/limits.ts";

/** How much one request for rooms asks for. */
export interface JoinPace {
  /** Entries of one room. */
  readonly page: number;
  /** Rooms of one request. */
  readonly rooms: number;
}

export const firstPace: JoinPace = { page: 100, rooms: limits.joinRooms };

/** An answer within this time lets the next one be larger, ms. */
const quickMs = 500;
/** An answer after this time makes the next one smaller, ms. */
const slowMs = 3_000;
const pageMin = 5;

/**
 * The pace after an answer. A slow link gets smaller pages, so that each arrives before anyone gives up on it.
 * @param tookMs how long the answer took; undefined where none came
 */
export function nextPace(pace: JoinPace, tookMs: number | undefined): JoinPace {
  if (tookMs === undefined) return scale(pace, 1 / 4);
  if (tookMs > slowMs) return scale(pace, 1 / 2);
  return tookMs < quickMs ? scale(pace, 2) : pace;
}

function scale({ page, rooms }: JoinPace, by: number): JoinPace {
  return {
    page: bounded(page * by, pageMin, limits.historyPage),
    rooms: bounded(rooms * by, 1, limits.joinRooms),
  };
}

function bounded(value: number, min: number, max: number): number {
  return Math.min(max, Math.max(min, Math.floor(value)));
}
