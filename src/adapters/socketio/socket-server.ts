import type { Server as HttpServer, IncomingMessage } from "node:http";
import type { Server as EngineServer, Socket as EngineSocket } from "engine.io";
import { type Namespace, Server } from "socket.io";
import type { Broadcaster, Entrance } from "../../gateway/ports.ts";
import { defaultQueueLimits, type QueueLimits } from "../../gateway/slow-consumer.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Service } from "../../lifecycle/service.ts";
import { ChatError } from "../../protocol/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import { Admission, type AdmissionOptions } from "./admission.ts";
import { Affinity } from "./affinity.ts";
import { openChatNamespace } from "./chat-namespace.ts";
import { cutOff, type Transport } from "./close-transport.ts";
import { type ClusterOptions, createClusterAdapter } from "./cluster-adapter.ts";
import { refuseConnect } from "./connect-refusal.ts";
import { createCrossOrigin } from "./cross-origin.ts";
import { createEngines, type EnginePath, stickyPath, type TransportName } from "./engines.ts";
import { openFrontDoor } from "./front-door.ts";
import type { InboundRates } from "./inbound-meter.ts";
import { OutboundGates } from "./outbound-gates.ts";
import { Outsiders } from "./outsiders.ts";
import { RefusalLog } from "./refusal-log.ts";
import { createBroadcaster } from "./socket-broadcaster.ts";
import { takeFromPrimary } from "./sticky-worker.ts";
import { Visits } from "./visits.ts";

export interface SocketServerOptions extends AdmissionOptions {
  /** Has its own request handler already, if it is to have one; what is not for sockets is passed on to it. */
  readonly httpServer: HttpServer;
  readonly transports: readonly TransportName[];
  /** Origins of pages that may connect, and patterns of such, besides the server's own. */
  readonly allowedOrigins: readonly string[];
  /** Redis connections for what goes to other gateways; without them there is only this one. */
  readonly cluster?: ClusterOptions;
  readonly clock: Clock;
  readonly random: () => number;
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** What may wait for one client. */
  readonly queue?: Partial<QueueLimits>;
  /** How long a socket may live without a token, ms. */
  readonly connectTimeoutMs?: number;
  /** A primary takes the connections and hands them over. */
  readonly behindPrimary?: boolean;
  /** Name of the cookie by which a balancer knows the clients of `/socket.io`; absent where it uses none. */
  readonly affinityCookie?: string;
  readonly heartbeat?: { readonly intervalMs: number; readonly timeoutMs: number };
  /** What one connection may send before it is cut off. */
  readonly inbound?: InboundRates;
}

/** As a service it only drains and stops. It listens through the HTTP server that it was given. */
export interface SocketServer extends Service {
  readonly broadcaster: Broadcaster;
  /** Connects sockets with the gateway. Called once, before the HTTP server listens. */
  serve(entrance: Entrance): void;
  /** Cuts off a few of those who read slowest, so that memory comes free. Returns how many. */
  closeSlowest(): number;
}

const defaults = {
  connectTimeoutMs: 10_000,
  heartbeat: { intervalMs: 25_000, timeoutMs: 20_000 },
  inbound: { packetsPerSecond: 0, bytesPerSecond: 0 },
} as const;

const tooMuch = new ChatError("TOO_LARGE", "a request to connect carries a token and nothing else");

/** Connections that are cut off at a time while memory is short: what they free shows before the next look. */
const slowestAtOnce = 20;

export function createSocketServer(given: SocketServerOptions): SocketServer {
  const options = { ...defaults, ...given };
  const { clock, logger, cluster } = options;
  const engines = createEngines(options);
  const adapter = cluster === undefined ? {} : { adapter: createClusterAdapter(cluster, clock, logger) };
  const io = new Server({ serveClient: false, connectTimeout: options.connectTimeoutMs, ...adapter });
  for (const { engine } of engines) io.bind(engine);
  refuseRoot(io);
  const namespace = io.of("/chat");
  const outsiders = new Outsiders(clock);
  const gates = new OutboundGates({ ...options, limits: { ...defaultQueueLimits, ...options.queue } });
  return {
    name: "socket-server",
    broadcaster: createBroadcaster(namespace),
    serve: (entrance) => serve({ ...options, engines, namespace, outsiders, gates, entrance: () => entrance }),
    closeSlowest: () => gates.closeSlowest(slowestAtOnce),
    start: () => Promise.resolve(),
    drain: async () => outsiders.close(),
    stop: async () => {
      for (const { engine } of engines) engine.close();
      await io.close();
    },
  };
}

interface Serving extends SocketServerOptions {
  readonly connectTimeoutMs: number;
  readonly engines: readonly EnginePath[];
  readonly namespace: Namespace;
  readonly outsiders: Outsiders;
  readonly gates: OutboundGates;
  readonly entrance: () => Entrance;
}

/**
 * Cuts off who brings no token in time and who does not read. Socket.IO asks such peers to close, which they need not do;
 * this does not ask.
 */
function serve(serving: Serving): void {
  const { engines, clock, metrics, outsiders, gates } = serving;
  const admission = new Admission(serving);
  const affinity = affinityOf(serving);
  const crossOrigin = createCrossOrigin(serving.allowedOrigins);
  const refusals = new RefusalLog({ ...serving, isAllowedOrigin: (headers) => crossOrigin.isAllowed(headers) });
  const frontDoor = openFrontDoor({ ...serving, admission, affinity, crossOrigin, refusals });
  const visits = new Visits();
  for (const { path, engine } of engines) if (path === stickyPath) keepSessions(serving, affinity, engine);
  const transports = new WeakMap<EngineSocket, Transport>();
  const refuseOversized = (conn: EngineSocket): void => {
    metrics.count("weir_handshakes_total", { result: tooMuch.code });
    refusals.note(tooMuch, conn.request.headers);
    refuseConnect(conn, tooMuch);
  };
  const cut = ({ conn, tcp }: Transport, reason: string): void => {
    if (conn.readyState === "closed" && tcp?.destroyed !== false) return;
    metrics.count("weir_connections_cut_total", { reason });
    cutOff({ conn, tcp });
  };
  const watch = (conn: EngineSocket): void => {
    const leave = frontDoor.claimSeat(conn.request);
    if (leave !== undefined) conn.once("close", leave);
    const transport = { conn, tcp: frontDoor.tcpOf(conn.request) };
    transports.set(conn, transport);
    outsiders.add(transport, visits);
    clock.schedule(serving.connectTimeoutMs, () => {
      outsiders.delete(transport);
      if (!visits.isIn(conn)) cut(transport, "unauthenticated");
    });
    gates.guard(conn, () => cut(transport, "slow"), transport.tcp);
  };
  for (const { engine } of engines) {
    engine.on("connection", watch);
    engine.onFault({
      flooded: (conn) => cut(transports.get(conn) ?? { conn, tcp: undefined }, "flooded"),
      oversized: refuseOversized,
    });
  }
  openChatNamespace({ ...serving, admission, affinity, frontDoor, refusals, visits });
}

function affinityOf({ affinityCookie, allowedOrigins, clock, metrics }: Serving): Affinity {
  const crossSite = allowedOrigins.length > 0;
  return new Affinity({
    crossSite,
    clock,
    metrics,
    ...(affinityCookie === undefined ? {} : { cookie: affinityCookie }),
  });
}

/** Sees to it that the requests of one session come to one process, and that who is sent away does not. */
function keepSessions({ behindPrimary, httpServer }: Serving, affinity: Affinity, engine: EngineServer): void {
  if (behindPrimary === true) takeFromPrimary(httpServer, engine);
  engine.on("initial_headers", (headers: Record<string, string | string[]>, request: IncomingMessage) =>
    affinity.welcome(request, headers),
  );
}

/** Every server has a root namespace; nothing happens in ours. */
function refuseRoot(io: Server): void {
  io.of("/").use((_socket, next) => {
    next(Object.assign(new Error("connect to /chat"), { data: { code: new ChatError("NOT_FOUND", "").code } }));
  });
}
