import { io } from "socket.io-client";
import { refusalOf } from "./refusal-of.ts";
import type { DialTarget, Wire, WireListener } from "./wire.ts";

/** How long the transport may take to open, ms. */
const openTimeoutMs = 10_000;

/**
 * A connection by socket.io-client. Its own reconnection stays off: it gives up when the server closes a connection, and
 * it brings everyone back within 1.5 s.
 */
export function dialSocketIo(target: DialTarget, listener: WireListener): Wire {
  const socket = io(new URL("/chat", target.url).href, {
    path: target.route.path,
    transports: [...target.route.transports],
    auth: { token: target.token },
    ...(target.resuming ? { query: { resume: "1" } } : {}),
    reconnection: false,
    forceNew: true,
    timeout: openTimeoutMs,
  });
  socket.on("connect", () => listener.opened());
  socket.on("connect_error", (error) => listener.refused(refusalOf(error)));
  socket.on("disconnect", () => listener.closed());
  socket.io.on("ping", () => listener.heard());
  socket.onAny((event: string, payload: unknown) => listener.pushed(event, payload));
  return {
    emit: (event, payload, answered) => {
      if (answered === undefined) socket.emit(event, payload);
      else socket.emit(event, payload, answered);
    },
    close: () => {
      socket.removeAllListeners();
      socket.offAny();
      socket.disconnect();
    },
  };
}
