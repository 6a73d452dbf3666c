import type { AppendAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { appendAdmitted, authorOf } from "../append.ts";
import { findTarget } from "../find-target.ts";
import type { RequestScope } from "../request-scope.ts";

/**
 * Awaits nothing before the append unless the room is in slow mode or the message is a reply, so a client's next send
 * follows in the same turn. A reply has to name a message of the room, which may be deleted by now.
 */
export async function sendMessage(
  scope: RequestScope,
  request: Requests["message:send"],
  release: () => void,
): Promise<AppendAnswer> {
  const live = scope.member(request.room, "write");
  const { durability, ...message } = request;
  const entry = { kind: "message", from: authorOf(scope.principal()), ...message } as const;
  const turn = scope.parts.rooms.admit(scope, live, entry);
  if (turn !== undefined) await turn;
  if (request.replyTo !== undefined) await findTarget(scope, request.room, request.replyTo);
  release();
  return appendAdmitted(scope, live, entry, durability);
}
