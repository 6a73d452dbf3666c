import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import Fastify, { type FastifyInstance } from "fastify";
import type { Service } from "../../lifecycle/service.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { type DemoOptions, serveDemo } from "./demo.ts";

export interface AppServerOptions {
  /** Where it listens. Without it a primary takes the connections and hands them over. */
  readonly listen?: Listening | undefined;
  /** The demo page and its tokens; absent in production. */
  readonly demo?: DemoOptions;
  readonly logger: Logger;
}

export interface Listening {
  readonly host: string;
  readonly port: number;
  /** The port is this worker's alone and not for clients. */
  readonly exclusive?: true;
}

/** The HTTP server that clients reach. Sockets attach to `httpServer` before it listens. */
export interface AppServer extends Service {
  readonly httpServer: Server;
  /** Where it listens; after `start`. */
  url(): string;
}

/** Slow senders of headers are cut off: an unauthenticated connection lives at most 10 s. Node looks only every 30 s unless told. */
const timeouts = { connectionTimeout: 0, requestTimeout: 10_000, keepAliveTimeout: 65_000 } as const;

export async function createAppServer(options: AppServerOptions): Promise<AppServer> {
  const app = Fastify({
    forceCloseConnections: true,
    ...timeouts,
    http: { headersTimeout: 5_000, maxHeaderSize: 16_384, connectionsCheckingInterval: 1_000 },
  });
  if (options.demo !== undefined) await serveDemo(app, options.demo);
  await app.ready();
  return {
    name: "app-server",
    httpServer: app.server,
    url: () => addressOf(app),
    start: async () => {
      if (options.listen === undefined) return;
      await app.listen(options.listen);
      if (options.listen.exclusive !== true) options.logger.info({ url: addressOf(app) }, "gateway listens");
    },
    stop: () => app.close(),
  };
}

function addressOf(app: FastifyInstance): string {
  const address = app.addresses().find((a): a is AddressInfo => typeof a === "object");
  if (address === undefined) throw new TypeError("the server does not listen yet");
  const host = address.family === "IPv6" ? `[${address.address}]` : address.address;
  return `http://${host}:${address.port}`;
}
