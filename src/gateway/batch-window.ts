/** When a room's gathered entries go out. */
export interface WindowRules {
  /** The least time between two frames of one room, ms. */
  readonly windowMs: number;
  /** The most, whatever the load, ms. */
  readonly windowMaxMs: number;
  /** What makes a frame full. */
  readonly windowEntries: number;
  readonly windowChars: number;
}

/** What sending costs now, as it was measured. */
export interface SendLoad {
  /** The time that handing one frame to all members took lately, ms: what members cost, whatever their number. */
  readonly frameMs: number;
  /** How late the event loop runs what is due, ms. */
  readonly loopDelayMs: number;
}

/** What a room has gathered, and when it last sent. Times are monotonic ms. */
export interface WindowState {
  readonly entries: number;
  readonly chars: number;
  readonly lastSentAt: number | undefined;
}

/** A room's frames get at most one in so many parts of the loop's time. */
const shareOfLoop = 2;

/**
 * The time from one frame of a room to its next, ms. A frame costs each member a system call (about 10 µs) and a further entry in it
 * a fraction of that, so where frames or the loop take long, fewer and fuller ones leave room for everything else.
 */
export function windowFor(rules: WindowRules, { frameMs, loopDelayMs }: SendLoad): number {
  return Math.min(rules.windowMaxMs, Math.max(rules.windowMs, shareOfLoop * frameMs + loopDelayMs));
}

export function isFull(rules: WindowRules, { entries, chars }: WindowState): boolean {
  return entries >= rules.windowEntries || chars >= rules.windowChars;
}

/**
 * How long to wait before sending what was gathered, ms; 0 is now. A room whose last frame is at least a window ago waits for nothing:
 * in a quiet one each message goes out as it comes.
 * @param windowMs of `windowFor`
 */
export function sendAfter(rules: WindowRules, state: WindowState, windowMs: number, now: number): number {
  if (isFull(rules, state) || state.lastSentAt === undefined) return 0;
  return Math.max(0, state.lastSentAt + windowMs - now);
}
