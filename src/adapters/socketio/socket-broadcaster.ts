import type { Namespace } from "socket.io";
import type { Broadcaster } from "../../gateway/ports.ts";
import { groupName } from "./group-name.ts";

/**
 * `local` never leaves the process: adapters between processes deliver only after Redis has answered, which would reorder messages among
 * themselves and against what one client is sent.
 */
export function createBroadcaster(namespace: Namespace): Broadcaster {
  return {
    local: (room, event, payload) => void namespace.local.to(groupName(room)).emit(event, payload),
    everywhere: (room, event, payload, except) =>
      void namespace.to(groupName(room)).except(except).emit(event, payload),
  };
}
