import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { Server } from "socket.io";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { shedRules } from "../../src/gateway/shed.ts";
import { CookieClient, type Stay } from "../harness/cookie-client.ts";
import { testSecret, unlimited } from "../harness/deployment.ts";
import { checkConfiguration, routeCookie, type Slot, slots, startHaproxy } from "../harness/haproxy.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { portOf } from "../harness/port-of.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { seededRandom } from "../harness/seeded-random.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { sized } from "../harness/size.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";
import { WeirProcess } from "../harness/weir-process.ts";

/** A quarter of them on `/socket.io` through each of the two front ends, the others on `/rt`. */
const clientCount = sized(80, 600);
const random = seededRandom(7);

let mongo: MongoServer;
let redis: RedisServer;
beforeAll(async () => {
  [mongo, redis] = await Promise.all([startMongoServer(), startRedisServer()]);
});
afterAll(() => Promise.all([mongo.stop(), redis.close()]));

function crowd(urls: { readonly url: string; readonly plainUrl: string }): CookieClient[] {
  return Array.from({ length: clientCount }, (_, i) => {
    const path = i % 2 === 0 ? "/rt" : "/socket.io";
    const url = i % 4 === 3 ? urls.plainUrl : urls.url;
    return new CookieClient({ url, path, token: signTestToken(testSecret, { sub: `user-${i}` }), random });
  });
}

async function connectionsOf(gateway: WeirProcess): Promise<number> {
  return (await gateway.metric('weir_connections{transport="websocket"}')) ?? 0;
}

async function sum(gateways: readonly WeirProcess[], metric: string): Promise<number> {
  const values = await Promise.all(gateways.map((gateway) => gateway.metric(metric)));
  return values.reduce<number>((total, value) => total + (value ?? 0), 0);
}

interface Move {
  readonly from: Stay;
  readonly to: Stay;
}

/** Each time that a gateway with more than its share let go of the client, and where it went. */
function sentAway({ stays }: CookieClient): Move[] {
  const moves = stays.slice(1).map((to, i) => ({ from: stays[i] ?? to, to }));
  return moves.filter(({ from }) => from.askedToLeave === "rebalance");
}

const cameBack = ({ from, to }: Move): boolean => from.route === to.route;

const released = 'weir_connections_sent_away_total{reason="rebalance"}';

test("an empty gateway that joins two full ones gets its share, with and without cookies, and then it is quiet", async () => {
  const env = {
    ...unlimited,
    WEIR_MONGODB_URL: mongo.url(`shed-${randomInt(1_000_000)}`),
    WEIR_REDIS_URL: redis.url,
    WEIR_AFFINITY_COOKIE: routeCookie,
    WEIR_SHED_LOOP_DELAY: "0",
    WEIR_ADMISSION_BURST: "10000",
  };
  await using proxy = await startHaproxy();
  await using a = await WeirProcess.start({ role: "gateway", env });
  await using b = await WeirProcess.start({ role: "gateway", env });
  await Promise.all([proxy.enable("a", a.port), proxy.enable("b", b.port)]);
  using stack = new DisposableStack();
  const clients = crowd(proxy).map((client) => stack.use(client));
  await until(() => clients.every(({ isIn }) => isIn), { within: 30_000 });
  expect(Math.max(...(await Promise.all([a, b].map(connectionsOf))))).toBeLessThan(0.6 * clientCount);

  const before = clients.map(({ refusals }) => refusals.length);
  await using c = await WeirProcess.start({ role: "gateway", env });
  await proxy.enable("c", c.port);
  const gateways = [a, b, c];
  const isEven = async (): Promise<boolean> =>
    clients.every(({ isIn }) => isIn) &&
    (await sum(gateways, "weir_rebalancing")) === 0 &&
    Math.max(...(await Promise.all(gateways.map(connectionsOf)))) <= (shedRules.beginsAbove * clientCount) / 3;
  await until(isEven, { within: 90_000, every: 500 });

  const moves = await sum(gateways, released);
  // That nothing happens is what is measured: once more as long as a gateway watches before it lets go.
  await lasting((shedRules.patienceTicks + 2) * 1_000);
  expect(await sum(gateways, released)).toBe(moves);
  expect(await isEven()).toBe(true);
  expect(moves).toBeLessThan(clientCount / 2);

  const movesAt = (place: number): Move[] => clients.filter((_, i) => i % 4 === place).flatMap(sentAway);
  // Without its cookie a client may still be given the same gateway by the balancer, but most are not.
  for (const moved of [movesAt(1), movesAt(3)]) expect(moved.filter(cameBack).length).toBeLessThan(moved.length / 2);
  const refusedSince = (place: number): number[] =>
    clients.filter((_, i) => i % 4 === place).flatMap(({ refusals }, i) => refusals.slice(before[i * 4 + place]));
  expect(refusedSince(1)).toEqual([]);
  expect(refusedSince(3).length).toBeGreaterThanOrEqual(movesAt(3).length);
  for (const gateway of gateways) gateway.check();
});

test("the configuration in the documents is one that HAProxy takes", async () => {
  const page = await readFile("docs/operations.md", "utf8");
  const block = page.split("```").find((text) => text.includes("frontend clients"));
  await expect(checkConfiguration(block ?? "")).resolves.toBeUndefined();
  await expect(checkConfiguration("nonsense")).rejects.toThrow();
});

interface StockGateway extends AsyncDisposable {
  readonly port: number;
  readonly io: Server;
}

async function stockGateway(): Promise<StockGateway> {
  const http = createServer();
  const server = new Server(http, { transports: ["websocket"] });
  server.of("/chat").on("connection", () => {});
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  return { port: portOf(http), io: server, [Symbol.asyncDispose]: () => server.close() };
}

test("the naive ways fail: disconnect ends clients for good, and a close with the cookie kept brings them straight back", async () => {
  await using proxy = await startHaproxy();
  await using stack = new AsyncDisposableStack();
  const stock = await Promise.all(slots.map(async () => stack.use(await stockGateway())));
  const enable = (slot: Slot): Promise<void> => proxy.enable(slot, stock[slots.indexOf(slot)]?.port ?? 0);
  await Promise.all([enable("a"), enable("b")]);
  const clients = Array.from({ length: 20 }, () =>
    stack.use(new CookieClient({ url: proxy.url, path: "/socket.io", token: "", random })),
  );
  const gone = io(`${proxy.url}/chat`, { transports: ["websocket"], forceNew: true, reconnectionDelay: 50 });
  stack.defer(() => void gone.disconnect());
  await until(() => clients.every(({ isIn }) => isIn) && gone.connected);
  await enable("c");

  const sockets = (await Promise.all(stock.map(({ io: server }) => server.of("/chat").fetchSockets()))).flat();
  for (const socket of sockets) if (socket.id === gone.id) socket.disconnect(true);
  await until(() => gone.disconnected);
  expect(gone.active).toBe(false);

  for (const { io: server } of stock) for (const { conn } of server.of("/chat").sockets.values()) conn.close();
  await until(() => clients.every(({ isIn, stays }) => isIn && stays.length === 2));
  for (const { stays } of clients) expect(stays[1]?.route).toBe(stays[0]?.route);
  expect(clients.map(({ stays }) => stays[0]?.route)).not.toContain("c");
  expect(gone.connected).toBe(false);
});
