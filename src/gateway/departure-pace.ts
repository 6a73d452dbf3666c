export interface DeparturePace {
  /** Over which everyone is told, ms. */
  readonly tellMs: number;
  /** A client is told to come back within this time, so that those who are told together do not arrive together, ms. */
  readonly comeBackMs: number;
  /** How long after that its transport is closed, where it has not moved by itself, ms. */
  readonly lingerMs: number;
}

/** Long enough to spread what one step sends away, short against a window of a minute. */
const comeBackMaxMs = 2_000;
const lingerMaxMs = 500;

/** The parts of a window in which everyone is told, moves, and is gone; together they are the window. */
export function departurePace(windowMs: number): DeparturePace {
  const comeBackMs = Math.min(comeBackMaxMs, windowMs / 10);
  const lingerMs = Math.min(lingerMaxMs, windowMs / 20);
  return { tellMs: windowMs - comeBackMs - lingerMs, comeBackMs, lingerMs };
}
