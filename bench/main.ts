import { startMongoServer } from "../test/harness/mongo-server.ts";
import { startRedisServer } from "../test/harness/redis-server.ts";
import { benchAppend } from "./append.ts";
import { buildCentrifuge } from "./build-centrifuge.ts";
import { startCentrifuge, startRawWs } from "./contenders.ts";
import { pin } from "./cpu.ts";
import { benchCurves } from "./curves.ts";
import { type Servers, startGateways, startStocks } from "./deployment.ts";
import { benchFanOut } from "./fan-out.ts";
import { benchFlush, openLog } from "./flush.ts";
import { benchHistory } from "./history.ts";
import { benchIdle } from "./idle.ts";
import { benchRooms, type RoomsLoad } from "./rooms.ts";
import { benchSafe } from "./safe.ts";
import { benchStorm } from "./storm.ts";
import { printTable } from "./table.ts";
import { type Stores, startWeir } from "./weir.ts";

const rounds = Number(process.env["ROUNDS"] ?? 3);
const only = process.argv[2];

function withRatios(figures: readonly string[]): string[] {
  return figures.flatMap((figure) => [figure, "ratio"]);
}

/** Stock Socket.IO and Weir, so many processes of each. */
async function beside(stores: Stores, count: number, run: (stock: Servers, weir: Servers) => Promise<void>) {
  const [stock, weir] = [await startStocks(stores, count), await startGateways(stores, count)];
  await run(stock, weir);
  await Promise.all([stock.stop(), weir.stop()]);
}

async function append({ redisUrl }: Stores): Promise<void> {
  const log = await openLog(redisUrl);
  const rows = await benchAppend(log.log, redisUrl, rounds);
  printTable("Append, 100 at a time", withRatios(["per second", "client CPU µs each"]), rows);
  await log.stop();
}

async function flush(stores: Stores): Promise<void> {
  printTable("Flush", withRatios(["messages/s"]), await benchFlush(stores, stores.mongoKind));
}

async function history(stores: Stores): Promise<void> {
  const [gateway, flusher] = [await startWeir("gateway", stores), await startWeir("flusher", stores)];
  printTable("One history page of 50", withRatios(["ms"]), await benchHistory(gateway, flusher, stores.mongoKind));
  await Promise.all([gateway.terminate(), flusher.terminate()]);
}

async function fanOut(stores: Stores): Promise<void> {
  const columns = [
    "single: CPU µs/delivery",
    "ten in a window: µs",
    "peak deliveries/s",
    "µs at peak",
    "p99 ms at peak",
  ];
  const centrifuge = await buildCentrifuge();
  const others = [
    await startRawWs(stores.redisUrl),
    ...(centrifuge === undefined ? [] : [await startCentrifuge(centrifuge, stores.redisUrl)]),
  ];
  await beside(stores, 1, async (stock, weir) => {
    const rows = await benchFanOut([...stock.all, ...others, ...weir.all], rounds);
    printTable("One room of 500", [...withRatios(columns), "% cut off"], rows);
  });
  for (const other of others) other.stop();
}

async function roomsTable(title: string, load: RoomsLoad, kinds: readonly Servers[]): Promise<void> {
  const columns = ["CPU µs/delivery", "ratio", "p50 ms", "p95 ms", "p99 ms", "deliveries/s"];
  const rows = await benchRooms(
    kinds.map(({ all }) => ({ serving: all })),
    load,
    rounds,
  );
  printTable(title, columns, rows);
}

function smallRooms(stores: Stores): Promise<void> {
  const load = { rooms: 100, membersEach: 20, messagesPerSecond: 400, seconds: 8 };
  const title = "2,000 clients in rooms of 20, 8,000 deliveries/s";
  return beside(stores, 1, (...kinds) => roomsTable(title, load, kinds));
}

function latency(stores: Stores): Promise<void> {
  return beside(stores, 2, async (...kinds) => {
    for (const perSecond of [10_000, 20_000]) {
      const load = { rooms: 20, membersEach: 50, messagesPerSecond: perSecond / 50, seconds: 8 };
      await roomsTable(`Two processes, 1,000 clients in rooms of 50, ${perSecond} deliveries/s`, load, kinds);
    }
  });
}

async function curves(stores: Stores): Promise<void> {
  const columns = ["CPU µs/message", "ratio", "CPU µs/delivery", "ratio"];
  const starts = { "stock Socket.IO": startStocks, Weir: startGateways };
  for (const [name, start] of Object.entries(starts))
    printTable(`What more of it costs: ${name}`, columns, await benchCurves((count) => start(stores, count), rounds));
}

function idle(stores: Stores): Promise<void> {
  const counts = [5_000, 10_000];
  return beside(stores, 1, async (stock, weir) => {
    const rows = await benchIdle([...stock.all, ...weir.all], counts);
    printTable("Idle connections", withRatios(counts.map((count) => `KiB each at ${count}`)), rows);
  });
}

async function safe(): Promise<void> {
  const columns = ["per second", "ratio", "p50 ms", "client CPU µs each", "ratio"];
  printTable("Append: fast against safe", columns, await benchSafe(rounds));
}

async function storm(): Promise<void> {
  const columns = ["round trip p90, calm, ms", "p90, storm", "p99, storm", "seconds until all are in", "attempts each"];
  printTable("A client that is in, while 4,000 come back", columns, await benchStorm(rounds));
}

/** These work in this process, on whatever core is free; the others put the servers on one core and the load on the other. */
const inProcess = new Set(["append", "flush", "safe", "storm"]);
const benches = { append, safe, flush, history, "fan-out": fanOut, rooms: smallRooms, latency, curves, storm, idle };

/** What it started ends with it. */
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

console.log(
  `Node ${process.version}, ${rounds} rounds, medians; servers on one core, load and stores on the other. Take the ratios.`,
);
for (const [name, bench] of Object.entries(benches)) {
  if (only !== undefined && only !== name) continue;
  // What is started from here on runs where this process does.
  pin(process.pid, inProcess.has(name) ? "0,1" : "1");
  const [mongo, redis] = [await startMongoServer(), await startRedisServer()];
  try {
    const mongodbUrl = mongo.url(`bench_${name}_${process.pid}`);
    await bench({ redisUrl: redis.url, mongodbUrl, mongoKind: mongo.kind });
  } finally {
    await redis.close();
    await mongo.stop();
  }
}
