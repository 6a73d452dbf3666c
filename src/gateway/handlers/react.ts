import type { Reactions } from "../../chat/entry.ts";
import { ChatError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import type { AppendAnswer } from "../../protocol/messages.ts";
import type { Requests } from "../../protocol/schemas.ts";
import { appendAdmitted, authorOf } from "../append.ts";
import { findTarget, refuseDeleted } from "../find-target.ts";
import type { RequestScope } from "../request-scope.ts";

/**
 * A message has a limited number of reactions, because every page that shows it has all of them. It is judged by what can be seen: some more
 * get through where many react in the same moment, or while more than 2,000 changes of the message wait for the database.
 */
export async function reactToMessage(
  scope: RequestScope,
  request: Requests["message:react"],
  release: () => void,
): Promise<AppendAnswer> {
  const live = scope.member(request.room, "write");
  const change = { kind: "reaction", from: authorOf(scope.principal()), ...request } as const;
  await scope.parts.rooms.admit(scope, live, change);
  const target = await findTarget(scope, request.room, request.target);
  refuseDeleted(target);
  if (request.on) refuseFull(scope, target.reactions ?? {}, request.emoji);
  release();
  return appendAdmitted(scope, live, change);
}

/** @throws ChatError CONFLICT where the reaction would be one more than a message takes */
function refuseFull(scope: RequestScope, reactions: Reactions, emoji: string): void {
  const users = Object.hasOwn(reactions, emoji) ? reactions[emoji] : undefined;
  if (users?.includes(scope.principal().id)) return;
  const { reactionEmojis, reactions: most } = limits;
  if (users === undefined && Object.keys(reactions).length >= reactionEmojis) {
    refuse(scope, `at most ${reactionEmojis} different emoji on a message`);
  }
  if (Object.values(reactions).flat().length >= most) refuse(scope, `at most ${most} reactions to a message`);
}

function refuse({ parts }: RequestScope, reason: string): never {
  parts.metrics.count("weir_cap_reached_total", { cap: "message_reactions" });
  throw new ChatError("CONFLICT", reason);
}
