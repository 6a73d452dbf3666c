import type { Socket } from "socket.io";
import type { Connection } from "../../gateway/ports.ts";
import { groupName } from "./group-name.ts";

/** One Socket.IO socket as the gateway sees it. Joins and leaves are done when they return: no adapter of ours is asynchronous there. */
export function createConnection(
  socket: Socket,
  { close, turnAway }: Pick<Connection, "close" | "turnAway">,
): Connection {
  return {
    id: socket.id,
    send: (event, payload) => void socket.emit(event, payload),
    join: (room) => void socket.join(groupName(room)),
    leave: (room) => void socket.leave(groupName(room)),
    close,
    turnAway,
  };
}
