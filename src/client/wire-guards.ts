import { ChatError, type ErrorCode, errorCatalogue } from "../protocol/errors.ts";
import type { Answers, Pushes, PushName } from "../protocol/messages.ts";
import type { RequestName } from "../protocol/schemas.ts";

/* What came from the network becomes typed here. Shapes are checked as far as a wrong one could break the client. */

type Fields = Readonly<Record<string, unknown>>;

export type Push = { readonly [N in PushName]: { readonly event: N; readonly payload: Pushes[N] } }[PushName];

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null;
}

function isPosition(value: unknown): boolean {
  return isFields(value) && typeof value["epoch"] === "string" && Number.isSafeInteger(value["seq"]);
}

const areEntries = (value: unknown): boolean => Array.isArray(value) && value.every(isPosition);
const isRoom = (payload: Fields): boolean => typeof payload["room"] === "string";

const pushShapes: { readonly [N in PushName]: (payload: Fields) => boolean } = {
  messages: (payload) =>
    isRoom(payload) && areEntries(payload["entries"]) && Number.isSafeInteger(payload["storedSeq"] ?? 0),
  typing: (payload) => isRoom(payload) && isFields(payload["user"]),
  stored: (payload) => isRoom(payload) && Number.isSafeInteger(payload["seq"]),
  "room:resync": isRoom,
  "room:policy": (payload) => isRoom(payload) && isFields(payload["policy"]),
  "room:removed": isRoom,
  "server:reconnect": (payload) => Number.isFinite(payload["afterMs"]),
  "auth:expiring": () => true,
};

/** Whether an event is one of the contract's, in its shape. Others are not for us: a newer server may send more. */
export function isPush(push: { readonly event: string; readonly payload: unknown }): push is Push {
  const { event, payload } = push;
  const shape = Object.entries(pushShapes).find(([name]) => name === event)?.[1];
  return shape !== undefined && isFields(payload) && shape(payload);
}

const isJoin = (answer: Fields): boolean => isPosition(answer["head"]) && areEntries(answer["entries"]);
const isRoomAnswer = (answer: unknown): boolean =>
  isFields(answer) && isRoom(answer) && (answer["ok"] === true ? isJoin(answer) : isFields(answer["error"]));

const answerShapes: { readonly [N in RequestName]?: (answer: Fields) => boolean } = {
  "room:join": isJoin,
  "rooms:join": ({ rooms }) => Array.isArray(rooms) && rooms.every(isRoomAnswer),
  "history:get": (answer) => areEntries(answer["entries"]),
  "message:send": isPosition,
  "message:edit": isPosition,
  "message:delete": isPosition,
  "message:react": isPosition,
};

function isAnswer<N extends RequestName>(name: N, value: unknown): value is Answers[N] {
  return isFields(value) && value["ok"] === true && (answerShapes[name]?.(value) ?? true);
}

/** The answer to a request; throws the ChatError that it carries, or INTERNAL when it is no answer at all. */
export function readAnswer<N extends RequestName>(name: N, value: unknown): Answers[N] {
  if (isAnswer(name, value)) return value;
  throw (
    readError(isFields(value) ? value["error"] : undefined) ?? new ChatError("INTERNAL", "the answer makes no sense")
  );
}

function isCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(errorCatalogue, value);
}

/** The error in `{ code, message?, retryAfterMs? }`; undefined where there is none that we know. */
export function readError(value: unknown): ChatError | undefined {
  if (!isFields(value) || !isCode(value["code"])) return undefined;
  const { message, retryAfterMs, retryable } = value;
  const known = {
    ...(typeof retryAfterMs === "number" && retryAfterMs >= 0 ? { retryAfterMs } : {}),
    ...(typeof retryable === "boolean" ? { retryable } : {}),
  };
  return new ChatError(value["code"], typeof message === "string" ? message : value["code"], known);
}
