import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { io, type Socket } from "socket.io-client";
import { createTokenSigner, type TokenRequest, type TokenSigner } from "../../src/adapters/jose/token-signer.ts";
import { createTokenVerifier } from "../../src/adapters/jose/token-verifier.ts";
import { MemoryMessageLog } from "../../src/adapters/memory/memory-message-log.ts";
import { MemoryMessageStore } from "../../src/adapters/memory/memory-message-store.ts";
import { createSocketServer, type SocketServerOptions } from "../../src/adapters/socketio/socket-server.ts";
import type { Entry } from "../../src/chat/entry.ts";
import { createGateway, type Gateway, type GatewayOptions } from "../../src/gateway/gateway.ts";
import type { TokenVerifier } from "../../src/gateway/ports.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import type { Answer, Pushes, PushName } from "../../src/protocol/messages.ts";
import type { RequestName } from "../../src/protocol/schemas.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { runRandom } from "./seeded-random.ts";

/** What the fixture's tokens are signed with. */
export const tokenSecret = "a shared secret of the gateway's tests";

export interface GatewayFixtureOptions {
  readonly log?: MemoryMessageLog;
  readonly store?: MemoryMessageStore;
  readonly verifier?: TokenVerifier;
  readonly gateway?: Partial<GatewayOptions>;
  readonly sockets?: Partial<SocketServerOptions>;
}

/** A gateway on a real port, over logs and stores in memory. `await using` takes it down. */
export interface GatewayFixture extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly log: MemoryMessageLog;
  readonly store: MemoryMessageStore;
  readonly gateway: Gateway;
  readonly metrics: Metrics;
  readonly sign: TokenSigner;
  token(request?: Partial<TokenRequest>): Promise<string>;
  /** A connected client of a user. */
  connect(user: string, options?: Parameters<typeof io>[1]): Promise<TestClient>;
}

/** A client that remembers what it was pushed. */
export interface TestClient {
  readonly socket: Socket;
  readonly entries: Entry[];
  request<N extends RequestName>(event: N, payload: unknown): Promise<Answer<N>>;
  /** Payloads of one event, in the order of arrival. */
  pushes(event: PushName): unknown[];
}

function memoryLog(store: MemoryMessageStore): MemoryMessageLog {
  const highestStored = (room: string): Promise<number> => store.highest(room);
  return new MemoryMessageLog({ partitions: 4, highWatermark: 100_000, tail: 500, highestStored, clock: systemClock });
}

/** Limits that do not disturb a test which is not about them. */
const roomy = { ratePerSecond: 100_000, burst: 100_000 } as const;
const roomyLimits = { userRate: roomy, roomRate: roomy, joinRate: roomy, inFlight: 1_000 } as const;

export async function startGateway(options: GatewayFixtureOptions = {}): Promise<GatewayFixture> {
  const store = options.store ?? new MemoryMessageStore();
  const log = options.log ?? memoryLog(store);
  const metrics = createMetrics({ processMetrics: false });
  const base = { clock: systemClock, random: runRandom(), metrics, logger: silentLogger };
  const httpServer = createServer({ connectionsCheckingInterval: 500, requestTimeout: 2_000 }, (_request, response) => {
    response.end("not a socket");
  });
  const sockets = createSocketServer({
    ...base,
    httpServer,
    transports: ["websocket", "polling"],
    allowedOrigins: [],
    admission: roomy,
    ...options.sockets,
  });
  const defaultGrants = [{ room: "**", can: ["read", "write"] }] as const;
  const verifier =
    options.verifier ?? createTokenVerifier({ keys: { secrets: [tokenSecret] }, defaultGrants, clock: systemClock });
  const { broadcaster } = sockets;
  const rules = { drainWindowMs: 200, limits: roomyLimits };
  const gateway = createGateway({
    ...base,
    ...rules,
    log,
    feed: log,
    store,
    verifier,
    broadcaster,
    ...options.gateway,
  });
  sockets.serve(gateway);
  const port = await listen(httpServer);
  const url = `http://127.0.0.1:${port}`;
  const sign = createTokenSigner({ secret: tokenSecret, clock: systemClock });
  const token = (request: Partial<TokenRequest> = {}): Promise<string> =>
    sign({ sub: "alice", expiresInMs: 600_000, ...request });
  const clients: Socket[] = [];
  return {
    url,
    port,
    log,
    store,
    gateway,
    metrics,
    sign,
    token,
    connect: async (user, clientOptions) => {
      const client = createTestClient(`${url}/chat`, { auth: { token: await token({ sub: user }) }, ...clientOptions });
      clients.push(client.socket);
      await connected(client.socket);
      return client;
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of clients) socket.disconnect();
      await gateway.stop();
      await sockets.stop();
      httpServer.closeAllConnections();
      await new Promise((resolve) => httpServer.close(resolve));
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve(portOf(server.address())));
  });
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

function createTestClient(url: string, options: Parameters<typeof io>[1]): TestClient {
  const socket = io(url, { transports: ["websocket"], path: "/rt", forceNew: true, reconnection: false, ...options });
  const received: { readonly event: string; readonly payload: unknown }[] = [];
  const entries: Entry[] = [];
  socket.onAny((event: string, payload: unknown) => void received.push({ event, payload }));
  socket.on("messages", (batch: Pushes["messages"]) => void entries.push(...batch.entries));
  return {
    socket,
    entries,
    request: (event, payload) => socket.timeout(8_000).emitWithAck(event, payload),
    pushes: (event) => received.filter((push) => push.event === event).map((push) => push.payload),
  };
}

/** Rejects with what `connect_error` says. */
function connected(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once("connect", () => resolve());
    socket.once("connect_error", reject);
  });
}
