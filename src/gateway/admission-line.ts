import { type Bucket, type BucketRate, takeToken } from "../kernel/token-bucket.ts";

/** Who comes: a client that was here a moment ago, or a newcomer. Each has a line of its own. */
export type Lane = "resuming" | "new";

export interface LineRules {
  /** Handshakes of both lanes together. Each lane is sure of half, and has what the other does not use. */
  readonly rate: BucketRate;
  /** How long a handshake may stand in line for its turn, ms. Beyond it is refused. */
  readonly patienceMs: number;
}

/** What each lane's bucket holds. Below zero are turns that were promised. */
export type Line = Readonly<Record<Lane, Bucket>>;

export type Turn =
  /** It may go on after the wait; 0 is at once. */
  | { readonly granted: true; readonly waitMs: number; readonly line: Line }
  /** The line is too long; when it will be shorter, ms. */
  | { readonly granted: false; readonly retryAfterMs: number; readonly line: Line };

export interface Arrival {
  readonly lane: Lane;
  /** Monotonic ms. */
  readonly now: number;
}

/**
 * The turn of one handshake. A short line costs less than refusals: a client that is sent away comes back with a new connection, and
 * most of the work of a handshake is in that. Saying that one resumes gives the other half of the same rate, never more of it.
 */
export function takeTurn(rules: LineRules, line: Line | undefined, { lane, now }: Arrival): Turn {
  const rate = halfOf(rules.rate);
  const full: Bucket = { tokens: rate.burst, at: now };
  const present = line ?? { resuming: full, new: full };
  const own = takeToken(rate, present[lane], now);
  if (own.taken) return { granted: true, waitMs: 0, line: { ...present, [lane]: own.bucket } };
  const other = lane === "new" ? "resuming" : "new";
  const lent = takeToken(rate, present[other], now);
  if (lent.taken && lent.bucket.tokens + 1 >= rate.burst / 2) {
    return { granted: true, waitMs: 0, line: { ...present, [lane]: own.bucket, [other]: lent.bucket } };
  }
  return standInLine(rules, { ...present, [lane]: own.bucket }, { lane, waitMs: own.retryAfterMs });
}

function standInLine(
  { patienceMs }: LineRules,
  line: Line,
  { lane, waitMs }: { readonly lane: Lane; readonly waitMs: number },
): Turn {
  if (waitMs > patienceMs) return { granted: false, retryAfterMs: waitMs, line };
  const { tokens, at } = line[lane];
  return { granted: true, waitMs, line: { ...line, [lane]: { tokens: tokens - 1, at } } };
}

function halfOf({ ratePerSecond, burst }: BucketRate): BucketRate {
  return { ratePerSecond: ratePerSecond / 2, burst: Math.max(1, burst / 2) };
}
