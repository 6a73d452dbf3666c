import type { Entry } from "../chat/entry.ts";
import { ChatError } from "../protocol/errors.ts";
import type { RequestScope } from "./request-scope.ts";

/** The message that a change or a reply is about, as it is now. Reads the message and its changes that are not stored; the room has to let the change pass first. @throws ChatError NOT_FOUND */
export async function findTarget(scope: RequestScope, room: string, seq: number): Promise<Entry> {
  const message = await scope.parts.history.message(room, seq);
  if (message === undefined) throw new ChatError("NOT_FOUND", "there is no such message");
  return message;
}

/** @throws ChatError CONFLICT */
export function refuseDeleted(message: Entry): void {
  if (message.deleted !== undefined) throw new ChatError("CONFLICT", "the message is deleted");
}
