import cluster from "node:cluster";
import { once } from "node:events";
import { createServer } from "node:http";
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
