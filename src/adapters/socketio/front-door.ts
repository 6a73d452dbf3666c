import type { Server as HttpServer, IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Server as EngineServer } from "engine.io";
import type { Entrance, Principal } from "../../gateway/ports.ts";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError, toWireError } from "../../protocol/errors.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { Admission } from "./admission.ts";
import type { Affinity } from "./affinity.ts";
import { bearerToken } from "./check-handshake.ts";
import type { CrossOrigin } from "./cross-origin.ts";
import type { EnginePath } from "./engines.ts";
import { type AnswerChannel, PendingSeats } from "./pending-seats.ts";
import { refuseRequest, refuseUpgrade } from "./refusal.ts";
import type { RefusalLog } from "./refusal-log.ts";

export interface FrontDoorOptions {
  readonly httpServer: HttpServer;
  readonly engines: readonly EnginePath[];
  readonly entrance: () => Entrance;
  readonly admission: Admission;
  readonly clock: Clock;
  readonly affinity: Affinity;
  readonly crossOrigin: CrossOrigin;
  readonly refusals: RefusalLog;
  readonly metrics: Metrics;
}

/** What was learned of a connection before it became one. */
export interface FrontDoor {
  /** Who the request's `Authorization` header speaks for. */
  principalOf(request: IncomingMessage): Principal | undefined;
  /** The TCP connection under a WebSocket that began with this request. */
  tcpOf(request: IncomingMessage): Duplex | undefined;
  /** Hands over the seat of a request that is a connection now, as the function that gives it back. */
  claimSeat(request: IncomingMessage): (() => void) | undefined;
}

/** What is kept of a request while it is one. */
interface Known {
  readonly principals: WeakMap<IncomingMessage, Principal>;
  readonly seats: PendingSeats;
}

type Parsed = IncomingMessage & { _query: Record<string, string> };

/**
 * Stands before the Engine.IO servers: everything that can be refused is refused with an HTTP status, before a WebSocket
 * exists. It routes by path itself, because each Engine.IO server ends after a second the upgrades that are another's.
 */
export function openFrontDoor(options: FrontDoorOptions): FrontDoor {
  const { httpServer, engines } = options;
  const known: Known = { principals: new WeakMap(), seats: new PendingSeats() };
  const sockets = new WeakMap<IncomingMessage, Duplex>();
  const others = httpServer.listeners("request");
  httpServer.removeAllListeners("request");
  httpServer.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const engine = findEngine(engines, request);
    if (engine === undefined) {
      for (const listener of others) Reflect.apply(listener, httpServer, [request, response]);
      return;
    }
    const parsed = parse(request);
    const headers = options.crossOrigin.answerHeaders(request.headers);
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    check(options, known, { request: parsed, channel: response })
      .then(() => checkAffinity(options, parsed))
      .then(() => answer(options, engine, { request: parsed, response }))
      .catch((error: unknown) => refuseRequest(response, error, refused(options, request, error)));
  });
  httpServer.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const parsed = parse(request);
    const headers = options.crossOrigin.answerHeaders(request.headers);
    sockets.set(request, socket);
    check(options, known, { request: parsed, channel: socket })
      .then(() => checkAffinity(options, parsed))
      .then(() => upgrade(requireEngine(engines, request), parsed, socket, head))
      .catch((error: unknown) => refuseUpgrade(socket, error, { ...headers, ...refused(options, request, error) }));
  });
  guardUpgrades(httpServer);
  return {
    principalOf: (request) => known.principals.get(request),
    tcpOf: (request) => sockets.get(request),
    claimSeat: (request) => known.seats.claim(request),
  };
}

/** Preflights of pages that may connect end here. */
function answer(
  { crossOrigin }: FrontDoorOptions,
  engine: EngineServer,
  { request, response }: { readonly request: Parsed; readonly response: ServerResponse },
): void {
  const preflight = request.method === "OPTIONS" ? crossOrigin.preflightHeaders(request.headers) : undefined;
  if (preflight === undefined) engine.handleRequest(request, response);
  else response.writeHead(204, preflight).end();
}

/**
 * Node takes its own error listener off a connection that upgrades. Until the WebSocket has one, and that may be long while a token is
 * checked, a reset by the peer would be an uncaught error and end the process.
 */
function guardUpgrades(httpServer: HttpServer): void {
  httpServer.prependListener("upgrade", (_request, socket: Duplex) => socket.on("error", () => socket.destroy()));
}

/**
 * Engine.IO puts a listener on the TCP connection that holds the request for as long as the connection lives, about 2 KB. It serves
 * middlewares that wait for a response to end; ours have by then. It is the first that the call adds.
 */
function upgrade(engine: EngineServer, request: Parsed, socket: Duplex, head: Buffer): void {
  const before = new Set(socket.rawListeners("close"));
  engine.handleUpgrade(request, socket, head);
  const added = socket.rawListeners("close").find((listener) => !before.has(listener));
  if (isListener(added)) socket.removeListener("close", added);
}

function isListener(value: unknown): value is () => void {
  return typeof value === "function";
}

function findEngine(engines: readonly EnginePath[], { url = "" }: IncomingMessage): EngineServer | undefined {
  return engines.find(({ path }) => url.startsWith(path))?.engine;
}

function requireEngine(engines: readonly EnginePath[], request: IncomingMessage): EngineServer {
  const engine = findEngine(engines, request);
  if (engine === undefined) throw new ChatError("NOT_FOUND", "no sockets at this path");
  return engine;
}

/**
 * Parses the query once: Engine.IO takes one that was parsed before it. An empty `sid` is none, as Engine.IO sees it, so that both take
 * the same requests for handshakes. `j` would choose a transport of old browsers, with a parser of its own.
 */
function parse(request: IncomingMessage): Parsed {
  const text = (request.url ?? "").split("?").slice(1).join("?");
  const { j: _jsonp, sid = "", ...query } = Object.fromEntries(new URLSearchParams(text));
  return Object.assign(request, { _query: sid === "" ? query : { ...query, sid } });
}

interface Asked {
  readonly request: Parsed;
  readonly channel: AnswerChannel;
}

async function check(
  { entrance, admission, crossOrigin, clock }: FrontDoorOptions,
  { principals, seats }: Known,
  { request, channel }: Asked,
): Promise<void> {
  const { headers, _query: query, socket } = request;
  const opening = opens(request)
    ? { address: admission.addressOf({ headers, remoteAddress: socket.remoteAddress }), draining: entrance().draining }
    : undefined;
  const waitMs = admission.knock({ headers, query, originAllowed: crossOrigin.isAllowed(headers), opening });
  if (waitMs > 0) await clock.sleep(waitMs);
  requireOpen(socket);
  if (opening === undefined) return;
  seats.keep(request, channel, admission.takeSeat(opening.address));
  const token = bearerToken(headers);
  if (token === undefined) return;
  const principal = await entrance().authenticate(token);
  requireOpen(socket);
  admission.checkUser(principal.id);
  principals.set(request, principal);
}

/** Who has gone has no seat any more, and must not become a connection. */
function requireOpen(socket: Duplex): void {
  if (socket.destroyed) throw new ChatError("TIMEOUT", "the client did not wait");
}

/** Counts and logs a refusal. Returns the headers that go with it. */
function refused(
  { metrics, refusals, affinity }: FrontDoorOptions,
  { headers }: IncomingMessage,
  error: unknown,
): Record<string, string> {
  metrics.count("weir_handshakes_total", { result: toWireError(error).code });
  refusals.note(error, headers);
  return affinity.farewell(error);
}

/** Only handshakes: a request within a session has to come here. */
function checkAffinity({ affinity }: FrontDoorOptions, request: Parsed): void {
  if (opens(request)) affinity.letIn(request);
}

/** Whether a request opens a connection. */
function opens({ _query: query, method }: Parsed): boolean {
  return !("sid" in query) && method !== "OPTIONS";
}
