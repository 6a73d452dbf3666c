import type { Requests } from "../../protocol/schemas.ts";
import type { RequestScope } from "../request-scope.ts";

/** Leaving a room that one is not in is no error: the client has what it wants. */
export function leaveRoom(scope: RequestScope, { room }: Requests["room:leave"]): Promise<object> {
  if (scope.isMember(room)) scope.parts.rooms.left(room, scope.principal().id);
  scope.exit(room);
  return Promise.resolve({});
}
