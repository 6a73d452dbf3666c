import type { Entry } from "../../chat/entry.ts";
import { comparePositions, type Position } from "../../chat/position.ts";
import { ChatError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { JoinAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { type CatchUp, readMissed, readNewest } from "../catch-up.ts";
import type { LiveRoom } from "../feeds.ts";
import type { RequestScope } from "../request-scope.ts";

/** A room that delivers faster than it can be read is joined after this many reads, with `more`. */
const maxReads = 4;

/**
 * The room's subscription is live before history is read, and the member is added in the same turn in which the answer is cut at the
 * feed's place: what the answer has not, the feed delivers, and nothing comes twice.
 */
export async function joinRoom(scope: RequestScope, request: Requests["room:join"]): Promise<JoinAnswer> {
  const can = scope.abilities(request.room);
  if (!can.has("read")) throw new ChatError("FORBIDDEN", "not allowed to read this room");
  const { feeds } = scope.parts;
  const live = await feeds.acquire(request.room);
  try {
    const caughtUp = await catchUp(scope, request, live);
    live.outbox.flush();
    const again = scope.isMember(request.room);
    scope.enter(request.room);
    if (again) feeds.release(request.room);
    return answer(scope, request.room, caughtUp, live);
  } catch (cause) {
    feeds.release(request.room);
    throw cause;
  }
}

async function catchUp(scope: RequestScope, request: Requests["room:join"], live: LiveRoom): Promise<CatchUp> {
  const { history, log } = scope.parts;
  const limit = request.limit ?? limits.joinPage;
  const read = async (): Promise<CatchUp> =>
    request.after === undefined
      ? readNewest(history, request.room, limit)
      : readMissed(history, { room: request.room, after: request.after, limit, head: await log.head(request.room) });
  let found = await read();
  for (let reads = 1; isShort(found, live.feed.position) && reads < maxReads; reads++) found = await read();
  return isShort(found, live.feed.position) ? { ...found, more: true } : found;
}

/** The feed has delivered beyond what was read, so that what lies between would be lost to the new member. */
function isShort(found: CatchUp, place: Position): boolean {
  return !found.more && comparePositions(found.upTo, place) < 0;
}

function answer(scope: RequestScope, room: string, found: CatchUp, live: LiveRoom): JoinAnswer {
  const { rate, userRate } = { rate: scope.parts.limits.roomRate, userRate: scope.parts.limits.userRate };
  const place = live.feed.position;
  const entries = found.entries.filter((entry: Entry) => comparePositions(entry, place) <= 0);
  const cut = entries.length < found.entries.length;
  return {
    head: place,
    entries,
    ...(found.gap ? { gap: true } : {}),
    ...(found.more && !cut ? { more: true } : {}),
    storedSeq: live.feed.storedSeq,
    policy: {
      textBytes: limits.textBytes,
      ratePerSecond: Math.min(rate.ratePerSecond, userRate.ratePerSecond),
      burst: userRate.burst,
    },
    you: { can: [...scope.abilities(room)], readSeq: 0 },
  };
}
