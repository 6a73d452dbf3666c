import type { Requests } from "../../protocol/schemas.ts";
import { authorOf } from "../append.ts";
import type { RequestScope } from "../request-scope.ts";
import { typingKey } from "../typing-gate.ts";

export function setTyping(scope: RequestScope, { room, on }: Requests["typing:set"]): Promise<object> {
  scope.member(room, "write");
  const user = authorOf(scope.principal());
  const { typing, broadcaster, load, metrics, rooms } = scope.parts;
  if (!rooms.showsTyping(room)) return Promise.resolve({});
  if (load().ephemeral) {
    metrics.count("weir_shed_total", { what: "ephemeral" });
    return Promise.resolve({});
  }
  const emit = (now: boolean): void =>
    broadcaster.everywhere(room, "typing", { room, user, on: now }, scope.connection.id);
  typing.set({ key: typingKey(user.id, room), connection: scope.connection.id, emit }, on);
  return Promise.resolve({});
}
