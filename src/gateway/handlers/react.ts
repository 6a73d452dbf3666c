import type { AppendAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { append, authorOf } from "../append.ts";
import { findTarget, refuseDeleted } from "../find-target.ts";
import type { RequestScope } from "../request-scope.ts";

export async function reactToMessage(scope: RequestScope, request: Requests["message:react"]): Promise<AppendAnswer> {
  const live = scope.member(request.room, "write");
  refuseDeleted(await findTarget(scope, request.room, request.target));
  return append(scope, live, { kind: "reaction", from: authorOf(scope.principal()), ...request });
}
