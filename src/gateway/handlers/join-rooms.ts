import { withDeadline } from "../../kernel/deadline.ts";
import { Semaphore } from "../../kernel/semaphore.ts";
import { ChatError, toWireError } from "../../protocol/errors.ts";
import type { Answers, JoinAnswer, RoomJoinAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import type { RequestScope } from "../request-scope.ts";
import { joinRoom } from "./join.ts";

/** Rooms that one token of the join rate pays for: 200 rooms cost the burst of one connection. */
const roomsPerToken = 5;
/** Rooms of one request that are joined at a time, so that one client never holds all reads of the store. */
const concurrentJoins = 8;
/** Bytes of entries in one answer. A single room may have more. */
const entryBytes = 131_072;
/** Share of the request's time after which a room is answered with TIMEOUT, so that the others still get their answer. */
const roomShare = 0.8;

type RoomRequest = Requests["rooms:join"]["rooms"][number];

/**
 * Joins many rooms with one request, in its order. Each room has its own answer, or its own error. Rights are asked for again when the last
 * room is done: until then the answers of the others wait.
 */
export async function joinRooms(
  scope: RequestScope,
  { rooms }: Requests["rooms:join"],
): Promise<Answers["rooms:join"]> {
  const { allowed, waitMs } = takeTokens(scope, rooms.length);
  const join = roomJoiner(scope);
  const answers = rooms.map((request, i) =>
    i < allowed ? join(request) : Promise.resolve(() => refused(request.room, tooManyRooms(waitMs))),
  );
  return { rooms: (await Promise.all(answers)).map((answer) => answer()) };
}

/** The request itself has cost one token already. */
function takeTokens(scope: RequestScope, rooms: number): { allowed: number; waitMs: number } {
  const { rates, metrics } = scope.parts;
  for (let allowed = roomsPerToken; allowed < rooms; allowed += roomsPerToken) {
    const waitMs = rates.join.take(scope.principal().id);
    if (waitMs === 0) continue;
    metrics.count("weir_rate_limited_total", { limit: "join" });
    return { allowed, waitMs };
  }
  return { allowed: rooms, waitMs: 0 };
}

/** Gives the answer of a room as it is by then. */
type LateAnswer = () => RoomJoinAnswer;

function roomJoiner(scope: RequestScope): (request: RoomRequest) => Promise<LateAnswer> {
  const { clock, limits, logger } = scope.parts;
  const budget = new AnswerBudget();
  const slots = new Semaphore(concurrentJoins);
  const error = (): Error => new ChatError("TIMEOUT", "the room did not answer in time");
  const join = async (request: RoomRequest): Promise<LateAnswer> => {
    if (budget.isFull) throw tooManyRooms(0);
    const part = scope.part();
    const answer = budget.add({ room: request.room, ok: true, ...(await joinRoom(part, request)) });
    return () => rechecked(part, answer);
  };
  return async (request) => {
    try {
      return await withDeadline({ clock, ms: limits.requestMs * roomShare, error }, (signal) =>
        scope.inOrder(request.room, signal, () => slots.run(() => join(request), signal)),
      );
    } catch (cause) {
      if (!(cause instanceof ChatError)) logger.error({ err: cause, event: "rooms:join" }, "joining a room failed");
      return () => refused(request.room, cause);
    }
  };
}

function rechecked(scope: RequestScope, answer: RoomJoinAnswer): RoomJoinAnswer {
  try {
    scope.recheck();
    return answer;
  } catch (cause) {
    return refused(answer.room, cause);
  }
}

/** Keeps one answer within `entryBytes`. */
class AnswerBudget {
  #left = entryBytes;
  #rooms = 0;

  get isFull(): boolean {
    return this.#left <= 0;
  }

  /** A room whose entries do not fit is joined all the same: its client asks for them by itself. */
  add(answer: RoomJoinAnswer): RoomJoinAnswer {
    if (!answer.ok || answer.entries.length === 0) return answer;
    const bytes = Buffer.byteLength(JSON.stringify(answer.entries));
    const fits = bytes <= this.#left || this.#rooms === 0;
    this.#left -= bytes;
    this.#rooms += 1;
    return fits ? answer : withoutEntries(answer);
  }
}

function withoutEntries({ gap: _asksAgain, ...answer }: JoinAnswer & { room: string; ok: true }): RoomJoinAnswer {
  return { ...answer, entries: [], more: true };
}

function tooManyRooms(retryAfterMs: number): ChatError {
  return new ChatError("RATE_LIMITED", "too many rooms in one request", { retryAfterMs });
}

function refused(room: string, error: unknown): RoomJoinAnswer {
  return { room, ok: false, error: toWireError(error) };
}
