import { ChatError } from "../../protocol/errors.ts";
import type { AppendAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { appendAdmitted, authorOf } from "../append.ts";
import { findTarget, refuseDeleted } from "../find-target.ts";
import type { RequestScope } from "../request-scope.ts";

/** Only the author edits; a moderator may delete but not put words into someone's mouth. */
export async function editMessage(
  scope: RequestScope,
  request: Requests["message:edit"],
  release: () => void,
): Promise<AppendAnswer> {
  const live = scope.member(request.room, "write");
  const change = { kind: "edit", from: authorOf(scope.principal()), ...request } as const;
  await scope.parts.rooms.admit(scope, live, change);
  const target = await findTarget(scope, request.room, request.target);
  if (target.from.id !== scope.principal().id) throw new ChatError("FORBIDDEN", "only the author may edit");
  refuseDeleted(target);
  release();
  return appendAdmitted(scope, live, change);
}
