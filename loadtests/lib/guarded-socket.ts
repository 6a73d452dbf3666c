import type { WebSocketLike } from "./world.ts";

/** A WebSocket that says what it is doing: `readyState` as the WHATWG has it. */
export interface StatefulSocket extends WebSocketLike {
  readonly readyState: number;
}

const connecting = 0;
const open = 1;

/**
 * A WebSocket that may be used at any time. k6's own throws where something is sent too late, and closing one that is still
 * connecting stops its user for ever; here the first does nothing, and the second waits for the connection.
 */
export function guarded(socket: StatefulSocket): WebSocketLike {
  return {
    send: (text) => {
      if (socket.readyState === open) socket.send(text);
    },
    close: () => {
      if (socket.readyState === connecting) socket.addEventListener("open", () => socket.close());
      else socket.close();
    },
    addEventListener: (event, listener) => socket.addEventListener(event, listener),
  };
}
