import type { RedisLog } from "../src/adapters/redis/create-redis-log.ts";
import { unlimited } from "../test/harness/deployment.ts";
import { testRedisLog } from "../test/harness/redis-log.ts";
import { until } from "../test/harness/until.ts";
import type { Row } from "./table.ts";
import { type Stores, startWeir } from "./weir.ts";

const entries = 20_000;
const rooms = 20;

/** The log of a benchmark, in this process. */
export async function openLog(redisUrl: string): Promise<RedisLog> {
  const log = testRedisLog({
    url: redisUrl,
    prefix: "weir:",
    partitions: Number(unlimited.WEIR_PARTITIONS),
    highWatermark: 10_000_000,
  });
  await log.start();
  return log;
}

async function depth(log: RedisLog): Promise<number> {
  const partitions = Array.from({ length: log.drainer.partitions }, (_, i) => i);
  const depths = await Promise.all(partitions.map((partition) => log.drainer.depth(partition)));
  return depths.reduce((sum, { entries: n }) => sum + n, 0);
}

/** Fills the buffer, then has a flusher process empty it into the store. Counts from when it begins to the last trim. */
export async function benchFlush(stores: Stores, kind: string): Promise<Row[]> {
  const log = await openLog(stores.redisUrl);
  const ingestStart = performance.now();
  const pushOne = (n: number): Promise<unknown> =>
    log.log.append({
      kind: "message",
      room: `flush:${n % rooms}`,
      id: `f${n}`,
      from: { id: "bench" },
      text: "x".repeat(100),
    });
  let next = 0;
  const push = async (): Promise<void> => {
    while (next < entries) await pushOne(next++);
  };
  await Promise.all(Array.from({ length: 100 }, push));
  const ingest = entries / ((performance.now() - ingestStart) / 1_000);
  const waiting = await depth(log);
  const flusher = await startWeir("flusher", stores);
  await until(async () => (await depth(log)) < waiting, { within: 60_000, every: 5 });
  const left = await depth(log);
  const start = performance.now();
  await until(async () => (await depth(log)) === 0, { within: 300_000, every: 5 });
  const flush = left / ((performance.now() - start) / 1_000);
  await flusher.terminate();
  await log.stop();
  return [
    { label: "ingest, as fast as the log takes it", values: [ingest, "1.00x"] },
    { label: `flush into ${kind}`, values: [flush, `${(flush / ingest).toFixed(2)}x`] },
    { label: "flush against the planned 5,000 messages/s", values: [flush, `${(flush / 5_000).toFixed(2)}x`] },
  ];
}
