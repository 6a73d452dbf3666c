import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
import type { Socket } from "node:net";
import { setupMaster } from "@socket.io/sticky";
import type { Service } from "../../lifecycle/service.ts";
import type { Logger } from "../../telemetry/logger.ts";

export interface StickyPrimaryOptions {
  readonly host: string;
  readonly port: number;
  readonly logger: Logger;
}

/**
 * Ends connections that say nothing. To the primary a request whose body it forwards looks as if it had said nothing too, so this is as
 * long as a worker lets a request take.
 */
const timeouts = { headersTimeout: 10_000, requestTimeout: 10_000, connectionsCheckingInterval: 1_000 } as const;

/**
 * Accepts the connections of all workers. The requests of one session go to the worker that has it, all others to each in turn: by the
 * number of connections, a worker that was replaced would get every client that comes.
 */
export function createStickyPrimary({ host, port, logger }: StickyPrimaryOptions): Service {
  // With the default serialization no connection reaches a worker, and nothing says so.
  cluster.setupPrimary({ serialization: "advanced" });
  const server = createServer(timeouts);
  setupMaster(server, { loadBalancingMethod: "round-robin" });
  server.on("connection", (socket) => void socket.prependListener("data", (chunk) => letGo(socket, chunk)));
  return {
    name: "sticky-primary",
    start: async () => {
      server.listen(port, host);
      await once(server, "listening");
      logger.info({ host, port }, "gateway listens for its workers");
    },
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What sticky goes by: a request with a body stays here, and its bytes are forwarded. */
const hasBody = /\r\n(content-length|transfer-encoding):/i;

/**
 * Stops reading what goes to a worker. Node closes the primary's end of a connection only when the worker has said that it has it, and reads into
 * nothing until then: of 600 clients on one machine, one was so fast with its first word that it was never heard. No public method stops a
 * reading handle.
 */
function letGo(socket: Socket, chunk: string | Buffer): void {
  if (hasBody.test(chunk.toString("latin1"))) return;
  const handle: unknown = Reflect.get(socket, "_handle");
  if (isReading(handle)) handle.readStop();
}

function isReading(handle: unknown): handle is { readStop(): unknown } {
  return typeof handle === "object" && handle !== null && "readStop" in handle;
}
