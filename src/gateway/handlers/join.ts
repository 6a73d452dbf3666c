import type { Entry } from "../../chat/entry.ts";
import { comparePositions, covers, type Position } from "../../chat/position.ts";
import { limits } from "../../protocol/limits.ts";
import type { JoinAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { type CatchUp, extend, readMissed, readNewest } from "../catch-up.ts";
import type { LiveRoom } from "../feeds.ts";
import type { RequestScope, Right } from "../request-scope.ts";

/** A read that is shared may have begun before the join did; so often it is done again. */
const maxReads = 3;

/**
 * The room's subscription is live before history is read, and the member is added in the same turn in which the answer is cut at the
 * feed's place: what the answer has not, the feed delivers, and nothing comes twice. A token that came meanwhile decides.
 * @throws ChatError FORBIDDEN without the right to read, before anything is read or after it; ROOM_FULL before anything is read; and what
 * letting in and reading say
 */
export async function joinRoom(scope: RequestScope, request: Requests["room:join"]): Promise<JoinAnswer> {
  scope.need(reading(scope, request.room));
  const giveBack = scope.reserve(request.room);
  try {
    return await joinReserved(scope, request);
  } finally {
    giveBack();
  }
}

async function joinReserved(scope: RequestScope, request: Requests["room:join"]): Promise<JoinAnswer> {
  const { feeds } = scope.parts;
  const live = await feeds.acquire(request.room);
  const tap = live.feed.tap();
  try {
    await scope.parts.rooms.letIn(scope, request.room, live);
    const found = await readAtLeast(tap.from, () => read(scope, request));
    const caughtUp = extend(found, tap.entries);
    scope.recheck();
    live.outbox.flush();
    const again = scope.isMember(request.room);
    scope.enter(request.room);
    if (again) feeds.release(request.room);
    if (!covers(live.feed.storedMark, live.feed.position)) live.stored.wait(scope.connection, live.feed.position);
    return answer(scope, request.room, caughtUp, live);
  } catch (cause) {
    feeds.release(request.room);
    throw cause;
  } finally {
    tap.stop();
  }
}

function reading(scope: RequestScope, room: string): Right {
  return { isHeld: () => scope.abilities(room).has("read"), refusal: "not allowed to read this room" };
}

async function readAtLeast(place: Position, readOnce: () => Promise<CatchUp>): Promise<CatchUp> {
  let found = await readOnce();
  for (let reads = 1; isShort(found, place) && reads < maxReads; reads++) found = await readOnce();
  return found;
}

async function read(
  { parts }: RequestScope,
  { room, after, limit = limits.joinPage }: Requests["room:join"],
): Promise<CatchUp> {
  const { history, log } = parts;
  if (after === undefined) return readNewest(history, room, limit);
  return readMissed(history, { room, after, limit, head: await log.head(room) });
}

/** Something before `place` is missing, which the feed has delivered and will not deliver again. */
function isShort(found: CatchUp, place: Position): boolean {
  return !found.more && comparePositions(found.upTo, place) < 0;
}

function answer(scope: RequestScope, room: string, found: CatchUp, live: LiveRoom): JoinAnswer {
  const place = live.feed.position;
  const more = found.more || isShort(found, place);
  const entries = found.entries.filter((entry: Entry) => comparePositions(entry, place) <= 0);
  const cut = entries.length < found.entries.length;
  return {
    head: place,
    entries,
    ...(found.gap ? { gap: true } : {}),
    ...(more && !cut ? { more: true } : {}),
    storedEpoch: live.feed.storedMark.epoch,
    storedSeq: live.feed.storedMark.seq,
    policy: scope.parts.rooms.shown(room),
    you: { can: [...scope.abilities(room)], readSeq: 0 },
  };
}
