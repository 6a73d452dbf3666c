import { IncomingMessage } from "node:http";
import { Socket as TcpSocket } from "node:net";
import type { Namespace, Socket } from "socket.io";
import type { Entrance, Principal } from "../../gateway/ports.ts";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError, toWireError } from "../../protocol/errors.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { Admission } from "./admission.ts";
import type { Affinity } from "./affinity.ts";
import { closeTransport, cutOff, type Transport } from "./close-transport.ts";
import { connectRefusal } from "./connect-refusal.ts";
import type { FrontDoor } from "./front-door.ts";
import type { OutboundGates } from "./outbound-gates.ts";
import type { RefusalLog } from "./refusal-log.ts";
import { createConnection } from "./socket-connection.ts";
import type { Visits } from "./visits.ts";

export interface ChatNamespaceOptions {
  readonly namespace: Namespace;
  readonly entrance: () => Entrance;
  readonly frontDoor: FrontDoor;
  readonly affinity: Affinity;
  readonly visits: Visits;
  readonly gates: OutboundGates;
  readonly admission: Admission;
  readonly refusals: RefusalLog;
  readonly clock: Clock;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Lets sockets into `/chat` by their token and connects each with its session. */
export function openChatNamespace(options: ChatNamespaceOptions): void {
  const principals = new WeakMap<Socket, Principal>();
  /** Stands for the request of every connection that is in: the real one would be kept as long as the connection. */
  const forgotten = new IncomingMessage(new TcpSocket());
  const { namespace, metrics } = options;
  countConnections(options, principals);
  namespace.use((socket, next) => {
    const decide = async (): Promise<void> => next(await admit(options, principals, socket));
    void decide();
  });
  namespace.on("connection", (socket) => {
    const principal = principals.get(socket);
    if (principal === undefined) return cutOff(transportOf(options, socket));
    metrics.count("weir_handshakes_total", { result: "ok" });
    converse(options, socket, principal);
    forget(socket, forgotten);
  });
}

/** Lets go of what a client sent to get in, which Socket.IO would keep as long as the connection. */
function forget({ conn, handshake }: Socket, stand: IncomingMessage): void {
  conn.request = stand;
  Object.assign(handshake, { auth: {}, headers: {}, query: {}, url: "" });
}

/** Of clients: a gateway without any has none, also while its canary is there. */
function countConnections({ namespace, metrics }: ChatNamespaceOptions, principals: WeakMap<Socket, Principal>): void {
  metrics.beforeScrape(() => {
    const counts = { websocket: 0, polling: 0 };
    for (const socket of namespace.sockets.values()) {
      if (principals.get(socket)?.canary === true) continue;
      counts[socket.conn.transport.name === "polling" ? "polling" : "websocket"] += 1;
    }
    for (const [transport, count] of Object.entries(counts)) metrics.set("weir_connections", { transport }, count);
  });
}

/** Never rejects: resolves with the error that the client is to get, or with nothing. */
async function admit(
  options: ChatNamespaceOptions,
  principals: WeakMap<Socket, Principal>,
  socket: Socket,
): Promise<Error | undefined> {
  try {
    principals.set(socket, await options.visits.enter(socket.conn, () => identify(options, socket)));
    return undefined;
  } catch (error) {
    options.metrics.count("weir_handshakes_total", { result: toWireError(error).code });
    options.refusals.note(error, socket.request.headers);
    return connectError(error);
  }
}

async function identify(options: ChatNamespaceOptions, socket: Socket): Promise<Principal> {
  const principal = await speakerOf(options, socket);
  if (principal.canary === true) return principal;
  const leave = options.admission.enter(principal.id);
  socket.conn.once("close", leave);
  if (socket.conn.readyState === "closed") leave();
  return principal;
}

async function speakerOf({ entrance, frontDoor }: ChatNamespaceOptions, socket: Socket): Promise<Principal> {
  const known = frontDoor.principalOf(socket.request);
  if (known !== undefined) return known;
  const { auth }: { readonly auth: { readonly token?: unknown } } = socket.handshake;
  if (typeof auth.token !== "string") throw new ChatError("UNAUTHENTICATED", "no token");
  return entrance().authenticate(auth.token);
}

function connectError(error: unknown): Error {
  const { message, data } = connectRefusal(error);
  return Object.assign(new Error(message), { data });
}

function converse(options: ChatNamespaceOptions, socket: Socket, principal: Principal): void {
  const transport = transportOf(options, socket);
  const gate = options.gates.of(socket.conn);
  const close = (): void => {
    gate?.release();
    closeTransport(transport, options.clock);
  };
  const visitor = options.affinity.visitorOf(socket.conn.request);
  const turnAway = (): void => options.affinity.sendAway(visitor);
  const connection = createConnection(socket, { close, turnAway });
  const session = options.entrance().open(connection, principal);
  gate?.attach({
    user: principal.id,
    resync: (room, from) => connection.send("room:resync", { room, from, reason: "slow" }),
    unconfirmedFor: (entries) => session.unconfirmedFor(entries),
  });
  socket.use((packet: readonly unknown[]) => {
    const [event, payload] = packet;
    const last = packet.at(-1);
    const answer = packet.length > 1 && typeof last === "function" ? last : undefined;
    const given = payload === answer ? undefined : payload;
    session.handle(String(event), given).then(
      (reply) => void (answer !== undefined && reply !== undefined && Reflect.apply(answer, socket, [reply])),
      (error: unknown) => options.logger.error({ err: error }, "a session failed to answer"),
    );
  });
  socket.on("disconnect", () => {
    session.close();
    close();
  });
}

function transportOf({ frontDoor }: ChatNamespaceOptions, socket: Socket): Transport {
  return { conn: socket.conn, tcp: frontDoor.tcpOf(socket.conn.request) };
}
