import { startMongoServer } from "../test/harness/mongo-server.ts";
import { startRedisServer } from "../test/harness/redis-server.ts";
import { benchAppend } from "./append.ts";
import { startRawWs, startStock, weirContender } from "./contenders.ts";
import { pin } from "./cpu.ts";
import { benchFanOut } from "./fan-out.ts";
import { benchFlush, openLog } from "./flush.ts";
import { benchHistory } from "./history.ts";
import { benchIdle } from "./idle.ts";
import { benchRooms } from "./rooms.ts";
import { printTable } from "./table.ts";
import { type Stores, startWeir } from "./weir.ts";

const rounds = Number(process.env["ROUNDS"] ?? 3);
const only = process.argv[2];
const latencyColumns = ["CPU µs/delivery", "ratio", "p50 ms", "p95 ms", "p99 ms", "deliveries/s"];

const mongo = await startMongoServer();
const redis = await startRedisServer();

function withRatios(figures: readonly string[]): string[] {
  return figures.flatMap((figure) => [figure, "ratio"]);
}

async function append(): Promise<void> {
  const log = await openLog(redis.url);
  printTable(
    "Append, 100 at a time",
    withRatios(["per second", "client CPU µs each"]),
    await benchAppend(log.log, redis.url, rounds),
  );
  await log.stop();
}

async function flush(stores: Stores): Promise<void> {
  printTable("Flush", withRatios(["messages/s"]), await benchFlush(stores, mongo.kind));
}

async function history(stores: Stores): Promise<void> {
  const [gateway, flusher] = [await startWeir("gateway", stores), await startWeir("flusher", stores)];
  printTable("One history page of 50", withRatios(["ms"]), await benchHistory(gateway, flusher, mongo.kind));
  await Promise.all([gateway.terminate(), flusher.terminate()]);
}

async function fanOut(stores: Stores): Promise<void> {
  const gateway = await startWeir("gateway", stores);
  const contenders = [await startStock(redis.url), await startRawWs(redis.url), weirContender(gateway)];
  const figures = ["single: CPU µs/delivery", "ten in a window: µs", "peak deliveries/s", "µs at peak"];
  printTable("One room of 500", withRatios(figures), await benchFanOut(contenders, rounds));
  for (const contender of contenders) contender.stop();
  await gateway.terminate();
}

async function smallRooms(stores: Stores): Promise<void> {
  const [gateway, stock] = [await startWeir("gateway", stores), await startStock(redis.url)];
  const load = { rooms: 100, membersEach: 20, messagesPerSecond: 400, seconds: 8 };
  const rows = await benchRooms([[stock], [weirContender(gateway)]], load);
  printTable("2,000 clients in rooms of 20, 8,000 deliveries/s", latencyColumns, rows);
  stock.stop();
  await gateway.terminate();
}

async function latency(stores: Stores): Promise<void> {
  const gateways = [await startWeir("gateway", stores), await startWeir("gateway", stores)];
  const stocks = [await startStock(redis.url), await startStock(redis.url)];
  for (const perSecond of [10_000, 20_000]) {
    const load = { rooms: 20, membersEach: 50, messagesPerSecond: perSecond / 50, seconds: 8 };
    const rows = await benchRooms([stocks, gateways.map((gateway) => weirContender(gateway))], load);
    printTable(`Two processes, 1,000 clients in rooms of 50, ${perSecond} deliveries/s`, latencyColumns, rows);
  }
  for (const stock of stocks) stock.stop();
  await Promise.all(gateways.map((gateway) => gateway.terminate()));
}

async function idle(stores: Stores): Promise<void> {
  const [gateway, stock] = [await startWeir("gateway", stores), await startStock(redis.url)];
  const counts = [5_000, 10_000];
  const rows = await benchIdle([stock, weirContender(gateway)], counts);
  printTable("Idle connections", withRatios(counts.map((count) => `KiB each at ${count}`)), rows);
  stock.stop();
  await gateway.terminate();
}

/** These work in this process, on whatever core is free; the others put the servers on one core and the load on the other. */
const inProcess = new Set(["append", "flush"]);
const benches = { append, flush, history, "fan-out": fanOut, rooms: smallRooms, latency, idle };

try {
  console.log(
    `Node ${process.version}, ${rounds} rounds, medians; servers on one core, load and Redis on the other. Take the ratios.`,
  );
  for (const [name, bench] of Object.entries(benches)) {
    if (only !== undefined && only !== name) continue;
    if (!inProcess.has(name)) pin(process.pid, 1);
    await bench({ redisUrl: redis.url, mongodbUrl: mongo.url(`bench_${name}_${process.pid}`) });
    await redis.restart("empty");
  }
} finally {
  await redis.close();
  await mongo.stop();
}
