import type { Entry } from "../../chat/entry.ts";
import type { AppendAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { appendAdmitted, appendAnswer, authorOf } from "../append.ts";
import { findTarget, refuseDeleted } from "../find-target.ts";
import type { RequestScope, Right } from "../request-scope.ts";

/** The author deletes, or a moderator. A retry of the delete that did it gets its first answer. */
export async function deleteMessage(
  scope: RequestScope,
  request: Requests["message:delete"],
  release: () => void,
): Promise<AppendAnswer> {
  const live = scope.member(request.room, "write");
  const change = { kind: "delete", from: authorOf(scope.principal()), ...request } as const;
  await scope.parts.rooms.admit(scope, live, change);
  const target = await findTarget(scope, request.room, request.target);
  if (target.from.id !== scope.principal().id) scope.need(moderation(scope, request.room));
  const earlier = await sameDelete(scope, request, target);
  if (earlier !== undefined) return appendAnswer(request.id, { ...earlier, duplicate: true }, "fast");
  refuseDeleted(target);
  release();
  return appendAdmitted(scope, live, change);
}

function moderation(scope: RequestScope, room: string): Right {
  return {
    isHeld: () => scope.abilities(room).has("moderate"),
    refusal: "only the author or a moderator may delete",
  };
}

async function sameDelete(
  scope: RequestScope,
  { room, id }: Requests["message:delete"],
  { deleted }: Entry,
): Promise<Entry | undefined> {
  if (deleted === undefined || deleted.by !== scope.principal().id) return undefined;
  const entry = await scope.parts.history.at(room, deleted.seq);
  return entry?.id === id ? entry : undefined;
}
