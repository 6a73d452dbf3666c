import type { Author, Entry, NewEntry } from "../chat/entry.ts";
import { isPlaceholder } from "../chat/placeholder.ts";
import type { Position } from "../chat/position.ts";
import { withDeadline } from "../kernel/deadline.ts";
import { ChatError } from "../protocol/errors.ts";
import type { AppendAnswer } from "../protocol/messages.ts";
import type { Durability } from "../protocol/schemas.ts";
import type { Appended, LogTier } from "../write-behind/index.ts";
import { isSameSend } from "../write-behind/storable.ts";
import type { LiveRoom } from "./feeds.ts";
import type { Principal } from "./ports.ts";
import type { RequestScope } from "./request-scope.ts";

export function authorOf({ id, name }: Principal): Author {
  return name === undefined ? { id } : { id, name };
}

/** From the weakest to the strongest. */
const tiers = ["fast", "safe", "stored"] as const satisfies readonly Durability[];

/**
 * Appends to the log and answers when the higher of two tiers is reached: what was asked for, and the deployment's. Where the
 * log does not offer `safe`, it is answered at `stored`, which is stronger. A deployment without a tier of its own takes the
 * best that the log has. The room has let the entry pass. The request's rights are asked for again first. The log is called before this returns, so the order of calls is the order in the log.
 * @throws ChatError FORBIDDEN and AUTH_EXPIRED where a right or the token is gone, TIMEOUT when it is not stored in time (it is in the log
 * then: a retry with the same id waits again), CONFLICT when the database refused it, UNAVAILABLE when the log lost it before it was stored, and what the log says
 */
export async function appendAdmitted(
  scope: RequestScope,
  live: LiveRoom,
  entry: NewEntry,
  asked: Durability = "fast",
): Promise<AppendAnswer> {
  scope.commit();
  const { durability: floor } = scope.parts;
  const needed = floor !== undefined && isBelow(asked, floor) ? floor : asked;
  const appended = await measured(scope, entry, tierOfLog(needed, floor));
  live.stored.wait(scope.connection, { epoch: appended.epoch, seq: appended.seq });
  if (!isBelow(appended.durability, needed)) return appendAnswer(entry.id, appended, appended.durability);
  await whenStored(scope, live, entry, appended);
  return appendAnswer(entry.id, appended, "stored");
}

function isBelow(one: Durability, other: Durability): boolean {
  return tiers.indexOf(one) < tiers.indexOf(other);
}

/** For `stored` the log need not wait: the database will have it. */
function tierOfLog(needed: Durability, floor: Durability | undefined): LogTier {
  if (needed === "fast") return floor === undefined ? "safe" : "fast";
  return needed === "safe" ? "safe" : "fast";
}

export function appendAnswer(
  id: string,
  { epoch, seq, at, duplicate }: Omit<Appended, "durability">,
  durability: Durability,
): AppendAnswer {
  return { id, epoch, seq, at, durability, ...(duplicate ? { duplicate: true } : {}) };
}

async function measured(scope: RequestScope, entry: NewEntry, tier: LogTier): Promise<Appended> {
  const { log, clock, metrics } = scope.parts;
  const start = clock.monotonic();
  const done = (result: string): void =>
    metrics.observe("weir_append_seconds", { result }, (clock.monotonic() - start) / 1_000);
  try {
    const appended = await log.append(entry, tier);
    done("ok");
    if (!appended.duplicate) metrics.count("weir_messages_total", { kind: entry.kind });
    return appended;
  } catch (cause) {
    done(cause instanceof ChatError ? cause.code : "INTERNAL");
    throw cause;
  }
}

function isHeld(there: Entry, { epoch }: Position): boolean {
  return isPlaceholder(there) && there.epoch === epoch;
}

function putAside(): ChatError {
  return new ChatError("CONFLICT", "the database refused it: it was put aside as a dead letter");
}

/** Keeps the room open meanwhile, so that a client that leaves it still gets the answer. */
async function whenStored(scope: RequestScope, live: LiveRoom, entry: NewEntry, place: Position): Promise<void> {
  const { clock, limits, feeds } = scope.parts;
  const error = (): Error => new ChatError("TIMEOUT", "not stored in time");
  const options = { clock, ms: limits.requestMs, error };
  const letGo = feeds.hold(entry.room);
  const outcome = await withDeadline(options, (signal) => live.feed.whenStored(place, signal)).finally(letGo);
  if (outcome.entry === "put aside") throw putAside();
  if (outcome.entry === "unknown") await requireInStore(scope, { entry, place, mark: outcome.mark });
}

interface Covered {
  readonly entry: NewEntry;
  readonly place: Position;
  readonly mark: Position;
}

/**
 * What the store does not have under a mark, it will never have by itself. In the epoch of the mark, an entry that is missing was put aside, or
 * it expired; in an older one it was lost with the log's tail, or put aside.
 */
async function requireInStore({ parts }: RequestScope, { entry, place, mark }: Covered): Promise<void> {
  const there = await parts.history.stored(entry.room, place.seq);
  if (there !== undefined && isSameSend(there, entry)) return;
  if (place.epoch === mark.epoch && there === undefined) return;
  if (place.epoch === mark.epoch || (there !== undefined && isHeld(there, place))) throw putAside();
  throw new ChatError("UNAVAILABLE", "the log lost it before it was stored: send it again with the same id", {
    retryAfterMs: 0,
  });
}
