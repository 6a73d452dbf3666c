import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stopBudget } from "../../src/roles/stop-budget.ts";
import { checkRun } from "../harness/checker.ts";
import { Deployment, testSecret } from "../harness/deployment.ts";
import { ChatLoad } from "../harness/load.ts";
import { everyoneAtTheEnd } from "../harness/load-end.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { rawClient, upgradeRequest } from "../harness/raw-client.ts";
import { RawReader } from "../harness/raw-reader.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { sized } from "../harness/size.ts";
import { until } from "../harness/until.ts";
import type { WeirProcess } from "../harness/weir-process.ts";

const workers = 2;
const clients = 12;
const windowMs = 1_000;
const sends = sized(500, 6_000);

let mongo: MongoServer;
/** Each has a gateway alone: two would share out their clients. The first serves until its workers have to end with it. */
let first: Deployment;
/** Serves until it is told to stop. */
let second: Deployment;
beforeAll(async () => {
  mongo = await startMongoServer();
  [first, second] = await Promise.all([deploy(), deploy()]);
});
afterAll(async () => {
  await Promise.all([first, second].map((deployment) => deployment[Symbol.asyncDispose]()));
  await mongo.stop();
});

function deploy(): Promise<Deployment> {
  return Deployment.start({
    mongo,
    database: `workers-${randomInt(1_000_000)}`,
    gateways: 1,
    flushers: 1,
    env: { WEIR_WORKERS: String(workers), WEIR_DRAIN_WINDOW: `${windowMs}ms`, WEIR_SHED_LOOP_DELAY: "0" },
  });
}

function gatewayOf({ gateways: [gateway] }: Deployment): WeirProcess {
  if (gateway === undefined) throw new Error("no gateway");
  return gateway.process;
}

/** Clients on both transports, all in one room. */
function chatOn(gateway: WeirProcess): ChatLoad {
  return new ChatLoad({
    seed: 1,
    secret: testSecret,
    clients: Array.from({ length: clients }, (_, i) => ({
      id: `user-${i}`,
      url: gateway.url,
      rooms: ["room"],
      polling: i % 2 === 0,
    })),
    ratePerSecond: 100,
  });
}

/** Every worker that was ever started. */
function pidsOf({ log }: WeirProcess): number[] {
  return [...log.matchAll(/"pid":(\d+),"msg":"worker started"/g)].map((match) => Number(match[1]));
}

test("the first word of each client is heard, however soon it comes after the handshake", async () => {
  const { url } = gatewayOf(first);
  const readers: RawReader[] = [];
  const connect = async (sub: string): Promise<void> => {
    const auth = { token: signTestToken(testSecret, { sub }) };
    readers.push(await RawReader.connect({ url, path: "/rt/", namespace: "/chat,", auth }));
  };
  const failures: unknown[] = [];
  for (let wave = 1; wave <= 30; wave++) {
    for (let i = 0; i < 20; i++) void connect(`user-${wave}-${i}`).catch((error: unknown) => failures.push(error));
    await until(() => readers.length === 20 * wave, { within: 8_000 });
  }
  expect(failures).toEqual([]);
  for (const reader of readers) reader.end();
});

test("a killed worker is replaced, and clients on both transports lose nothing and keep one order", async () => {
  const gateway = gatewayOf(first);
  using load = chatOn(gateway);
  await until(async () => (await gateway.metric("weir_workers")) === workers, { within: 20_000, every: 50 });
  await load.join();
  load.begin();
  await load.reach(sends / 4);
  for (const transport of ["polling", "websocket"])
    await expect.poll(() => gateway.metric(`weir_connections{transport="${transport}"}`)).toBe(clients / 2);

  const [victim] = pidsOf(gateway);
  if (victim === undefined) throw new Error("no worker");
  process.kill(victim, "SIGKILL");
  await until(async () => (await gateway.metric("weir_worker_restarts_total")) === 1, { within: 10_000, every: 50 });
  expect(await gateway.isReady()).toBe(true);
  await until(async () => (await gateway.metric("weir_workers")) === workers, { within: 20_000, every: 50 });
  expect(pidsOf(gateway)).toHaveLength(workers + 1);

  await load.reach(sends);
  await load.finish();
  await first.stored();
  const history = await first.history();
  await everyoneAtTheEnd(load, history);
  expect(checkRun({ ops: load.ops, history })).toEqual([]);
  const cameBack = load.clients.filter(({ connections }) => connections > 1).length;
  expect(cameBack).toBeGreaterThan(0);
  expect(cameBack).toBeLessThan(clients);
  first.check();
});

test("peers that reset, send half a request or nothing hurt no worker; workers end with their primary", async () => {
  const gateway = gatewayOf(first);
  await until(async () => (await gateway.metric("weir_workers")) === workers, { within: 20_000, every: 50 });
  const restarts = await gateway.metric("weir_worker_restarts_total");
  const post =
    "POST /socket.io/?EIO=4&transport=polling&sid=AAAAAAAAAAAAAAAAAAAA HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n40";
  const halves = [
    "",
    "GET / HT",
    "GET /rt/ HTTP/1.1\r\nHost: a\r\n",
    upgradeRequest("/rt/?EIO=4&transport=websocket"),
    post,
  ];
  const slow = await Promise.all(
    [0, 1, 2, 4].map(async (half) => {
      const peer = await rawClient(gateway.port);
      peer.write(halves[half] ?? "");
      return peer;
    }),
  );
  for (let i = 0; i < 200; i++) {
    const peer = await rawClient(gateway.port);
    peer.write(halves[i % halves.length] ?? "");
    if (i % 4 === 0) await gateway.isReady();
    peer.reset();
  }
  await Promise.all(slow.map(({ closed }) => closed));
  using load = chatOn(gateway);
  await load.join();
  expect(await gateway.metric("weir_worker_restarts_total")).toBe(restarts);
  expect(gateway.log).not.toContain("uncaught");

  const pids = pidsOf(gateway);
  await gateway.kill();
  await until(() => pids.every((pid) => !isAlive(pid)));
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

test("a primary that is told to stop drains its workers, once, whoever else was told, and ends well", async () => {
  const gateway = gatewayOf(second);
  using load = chatOn(gateway);
  await until(async () => (await gateway.metric("weir_workers")) === workers, { within: 20_000, every: 50 });
  await load.join();
  const begun = performance.now();
  for (const pid of pidsOf(gateway)) process.kill(pid, "SIGINT");
  const ended = gateway.terminate();
  await until(async () => !(await gateway.isReady()));
  expect(await ended).toBe(0);
  expect(performance.now() - begun).toBeLessThan(stopBudget(windowMs).exitMs);
  expect(gateway.log.match(/"msg":"drain ended"/g)).toHaveLength(workers);
  expect(gateway.log).not.toContain("told twice");
  expect(pidsOf(gateway).filter(isAlive)).toEqual([]);
});
