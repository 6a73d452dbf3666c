import { startMongoServer } from "../test/harness/mongo-server.ts";
import { startRedisServer } from "../test/harness/redis-server.ts";
import { benchAppend } from "./append.ts";
import { startRawWs, startStock, weirContender } from "./contenders.ts";
import { pin } from "./cpu.ts";
import { benchFanOut } from "./fan-out.ts";
import { benchFlush, openLog } from "./flush.ts";
import { benchHistory } from "./history.ts";
import { printTable } from "./table.ts";
import { startWeir } from "./weir.ts";

const rounds = Number(process.env["ROUNDS"] ?? 3);
const only = process.argv[2];

const wanted = (name: string): boolean => only === undefined || only === name;
const mongo = await startMongoServer();
const redis = await startRedisServer();
const database = (name: string): { readonly redisUrl: string; readonly mongodbUrl: string } => ({
  redisUrl: redis.url,
  mongodbUrl: mongo.url(`bench_${name}_${process.pid}`),
});

try {
  console.log(
    `Node ${process.version}, ${rounds} rounds, medians; servers on one core, load and Redis on the other. Take the ratios.`,
  );
  if (wanted("append")) {
    const log = await openLog(redis.url);
    const rows = await benchAppend(log.log, redis.url, rounds);
    await log.stop();
    printTable("Append, 100 at a time", ["per second", "ratio", "client CPU µs each", "ratio"], rows);
    await redis.restart("empty");
  }
  if (wanted("flush")) {
    printTable("Flush", ["messages/s", "ratio"], await benchFlush(database("flush"), mongo.kind));
    await redis.restart("empty");
  }
  if (wanted("history")) {
    const gateway = await startWeir("gateway", database("history"));
    const flusher = await startWeir("flusher", database("history"));
    printTable("One history page of 50", ["ms", "ratio"], await benchHistory(gateway, flusher, mongo.kind));
    await Promise.all([gateway.terminate(), flusher.terminate()]);
    await redis.restart("empty");
  }
  if (wanted("fan-out")) {
    pin(process.pid, 1);
    const gateway = await startWeir("gateway", database("fanout"));
    const contenders = [await startStock(redis.url), await startRawWs(redis.url), weirContender(gateway)];
    const rows = await benchFanOut(contenders, rounds);
    for (const contender of contenders) contender.stop();
    await gateway.terminate();
    const columns = [
      "single: CPU µs/delivery",
      "ratio",
      "ten in a window: µs",
      "ratio",
      "peak deliveries/s",
      "ratio",
      "µs at peak",
      "ratio",
    ];
    printTable("One room of 500", columns, rows);
  }
} finally {
  await redis.close();
  await mongo.stop();
}
