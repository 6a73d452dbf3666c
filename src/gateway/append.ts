import type { Author, NewEntry } from "../chat/entry.ts";
import { withDeadline } from "../kernel/deadline.ts";
import { ChatError } from "../protocol/errors.ts";
import type { AppendAnswer } from "../protocol/messages.ts";
import type { Durability } from "../protocol/schemas.ts";
import type { Appended } from "../write-behind/index.ts";
import type { LiveRoom } from "./feeds.ts";
import type { Principal } from "./ports.ts";
import type { RequestScope } from "./request-scope.ts";

export function authorOf({ id, name }: Principal): Author {
  return name === undefined ? { id } : { id, name };
}

/**
 * Appends to the log and answers when the higher of two tiers is reached: what was asked for, and the deployment's. `safe` is answered by `stored`, which is stronger.
 * @throws ChatError RATE_LIMITED when the room takes no more, TIMEOUT when it is not stored in time (it is in the log
 * then: a retry with the same id waits again), and what the log says
 */
export async function append(
  scope: RequestScope,
  live: LiveRoom,
  entry: NewEntry,
  asked: Durability = "fast",
): Promise<AppendAnswer> {
  const { rates } = scope.parts;
  const wait = rates.room.take(entry.room);
  if (wait > 0) throw new ChatError("RATE_LIMITED", "the room takes no more for now", { retryAfterMs: wait });
  const appended = await measured(scope, entry);
  if (asked === "fast" && scope.parts.durability === "fast") return appendAnswer(entry.id, appended, "fast");
  await whenStored(scope, live, appended.seq);
  return appendAnswer(entry.id, appended, "stored");
}

export function appendAnswer(id: string, appended: Appended, durability: Durability): AppendAnswer {
  const { epoch, seq, at, duplicate } = appended;
  return { id, epoch, seq, at, durability, ...(duplicate ? { duplicate: true } : {}) };
}

async function measured(scope: RequestScope, entry: NewEntry): Promise<Appended> {
  const { log, clock, metrics } = scope.parts;
  const start = clock.monotonic();
  const done = (result: string): void =>
    metrics.observe("weir_append_seconds", { result }, (clock.monotonic() - start) / 1_000);
  try {
    const appended = await log.append(entry);
    done("ok");
    if (!appended.duplicate) metrics.count("weir_messages_total", { kind: entry.kind });
    return appended;
  } catch (cause) {
    done(cause instanceof ChatError ? cause.code : "INTERNAL");
    throw cause;
  }
}

function whenStored(scope: RequestScope, live: LiveRoom, seq: number): Promise<void> {
  const { clock, limits } = scope.parts;
  const error = (): Error => new ChatError("TIMEOUT", "not stored in time");
  return withDeadline({ clock, ms: limits.requestMs, error }, (signal) => live.feed.whenStored(seq, signal));
}
