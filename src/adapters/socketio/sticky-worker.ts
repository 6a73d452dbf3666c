import type { Server as HttpServer } from "node:http";
import { setupWorker } from "@socket.io/sticky";
import type { Server as EngineServer } from "engine.io";

/**
 * Takes connections from the primary instead of listening. Only sessions of this engine are made known to it: those of `/rt` are one
 * connection long.
 */
export function takeFromPrimary(httpServer: HttpServer, engine: EngineServer): void {
  Reflect.apply(setupWorker, undefined, [{ httpServer, engine }]);
  // Node begins to look for slow senders of headers when a server listens, and this one never does.
  httpServer.emit("listening");
}
