import type { Backoff } from "../kernel/backoff.ts";
import type { BucketRate } from "../kernel/token-bucket.ts";
import { limits } from "../protocol/limits.ts";
import type { InsistenceRules } from "./insistence.ts";

/** Every bound of the gateway: reaching one has a named effect, never an unbounded queue. */
export interface GatewayLimits {
  /** Requests of one user over all of the user's connections here; beyond: RATE_LIMITED. */
  readonly userRate: BucketRate;
  /** Sends into one room through this gateway; beyond: RATE_LIMITED. */
  readonly roomRate: BucketRate;
  /** Joins of one user; beyond: RATE_LIMITED. */
  readonly joinRate: BucketRate;
  /** Leaves of one user; beyond: RATE_LIMITED. Who keeps to the rate of joins can leave all that it joined. */
  readonly leaveRate: BucketRate;
  /** History reads of one user; beyond: RATE_LIMITED. */
  readonly historyRate: BucketRate;
  /** Receipts of one user; beyond: dropped. */
  readonly receiptRate: BucketRate;
  /** Buckets remembered of each sort; beyond, the one used longest ago is forgotten. */
  readonly buckets: number;
  /** UTF-8 bytes of a text; beyond: TOO_LARGE. */
  readonly textBytes: number;
  /** Age after which stored messages are deleted, ms, to tell clients; 0 keeps them. */
  readonly retentionMs: number;
  /** Rooms of one connection; beyond: ROOM_FULL. */
  readonly roomsPerConnection: number;
  /** What a client may do before the time that it was told; beyond: its refusals are slowed, then it is closed. */
  readonly insistence: InsistenceRules;
  /** How long an answer is held back for a client that insists, ms. */
  readonly slowMs: number;
  /** Requests of one connection that wait for their answer; beyond: RATE_LIMITED. */
  readonly inFlight: number;
  /** Requests of one connection that wait for an earlier one about the same room, each room of a request counted; beyond: RATE_LIMITED. */
  readonly requestsWaiting: number;
  /** Time to answer a request, ms; beyond: TIMEOUT. */
  readonly requestMs: number;
  /** How long a room without members keeps its subscription, ms. */
  readonly graceMs: number;
  /** Entries that a feed holds while it fills a hole; beyond: dropped and read again from the log. */
  readonly heldEntries: number;
  /** Entries read at a time to fill a hole. */
  readonly fillPage: number;
  /** Waits between tries to fill a hole. */
  readonly fillBackoff: Backoff;
  /** Feeds that compare themselves with the log at a time. */
  readonly concurrentCompares: number;
  /** Reads of the store at a time; beyond: they wait in line, `requestMs` at most. */
  readonly storeReads: number;
  /** Reads of the store in that line; beyond: OVERLOADED. */
  readonly storeReadsWaiting: number;
  /** The least time between two frames of a room, ms: a busy room gathers entries for that long. */
  readonly windowMs: number;
  /** How far load may widen that, ms. */
  readonly windowMaxMs: number;
  /** Entries of one frame. */
  readonly windowEntries: number;
  /** Characters of text in one frame. */
  readonly windowChars: number;
  /** How long a stored mark waits for messages to go with, ms; beyond, those who wait for it get it by itself. */
  readonly storedMs: number;
  /** At most one typing event per user and room in this time, ms. */
  readonly typingMs: number;
  /** How long a typing is shown that its client does not repeat, ms. */
  readonly typingEndMs: number;
  /** Users that type at a time, each counted once for each room; beyond: not shown. */
  readonly typists: number;
  /** How long before its end a client hears of its token's expiry, ms. */
  readonly expiryNoticeMs: number;
}

export const defaultGatewayLimits: GatewayLimits = {
  userRate: { ratePerSecond: 5, burst: 20 },
  roomRate: { ratePerSecond: 50, burst: 100 },
  joinRate: { ratePerSecond: 10, burst: 40 },
  // All rooms of two connections at once.
  leaveRate: { ratePerSecond: 10, burst: 400 },
  historyRate: { ratePerSecond: 5, burst: 20 },
  receiptRate: { ratePerSecond: 50, burst: 200 },
  insistence: { tolerated: { ratePerSecond: 1, burst: 100 }, slowBelow: 50 },
  slowMs: 1_000,
  buckets: 50_000,
  textBytes: limits.textBytes,
  retentionMs: 0,
  roomsPerConnection: 200,
  inFlight: 64,
  requestsWaiting: 256,
  requestMs: 10_000,
  graceMs: 1_000,
  heldEntries: 1_000,
  fillPage: 200,
  fillBackoff: { baseMs: 50, maxMs: 2_000 },
  concurrentCompares: 32,
  storeReads: 32,
  // As many as get their turn within `requestMs` where a read takes 320 ms.
  storeReadsWaiting: 1_000,
  windowMs: 5,
  windowMaxMs: 100,
  windowEntries: 100,
  windowChars: 131_072,
  storedMs: 1_000,
  typingMs: 1_000,
  typingEndMs: 6_000,
  typists: 50_000,
  expiryNoticeMs: 60_000,
};
