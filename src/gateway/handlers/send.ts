import type { AppendAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { append, authorOf } from "../append.ts";
import type { RequestScope } from "../request-scope.ts";

/** Nothing is awaited before the append: what one client sends in order reaches the log in that order. */
export function sendMessage(scope: RequestScope, request: Requests["message:send"]): Promise<AppendAnswer> {
  const live = scope.member(request.room, "write");
  const { durability, ...message } = request;
  return append(scope, live, { kind: "message", from: authorOf(scope.principal()), ...message }, durability);
}
