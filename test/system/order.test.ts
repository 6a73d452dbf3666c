import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkRun } from "../harness/checker.ts";
import type { Op } from "../harness/checker-journal.ts";
import { Deployment, testSecret } from "../harness/deployment.ts";
import { ChatLoad } from "../harness/load.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { startRedisServer } from "../harness/redis-server.ts";
import { sized } from "../harness/size.ts";
import { loadStock, StockServer } from "../harness/stock-load.ts";
import { until } from "../harness/until.ts";

const messages = sized(4_000, 20_000);
const ratePerSecond = sized(1_000, 2_000);
const clientsPerServer = 4;

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

test(`every client on both gateways sees the same sequence of ${messages} messages, contiguous, nothing missing, nothing twice`, async () => {
  await using deployment = await Deployment.start({
    mongo,
    database: `order-${randomInt(1_000_000)}`,
    gateways: 2,
    flushers: 1,
  });
  const ids = Array.from({ length: 2 * clientsPerServer }, (_, i) => `user-${i}`);
  using load = new ChatLoad({
    seed: 1,
    secret: testSecret,
    clients: ids.map((id, i) => ({ id, url: deployment.door(i % 2), rooms: ["hot"] })),
    ratePerSecond,
  });
  await load.join();
  load.begin();
  await load.reach(messages);
  await load.finish();
  await until(() => ids.every((id) => seenBy(load.ops, id).length === load.acked), { within: 30_000, every: 200 });

  const [first = [], ...others] = ids.map((id) => seenBy(load.ops, id));
  expect(first.map(({ seq }) => seq)).toEqual(first.map((_, i) => i + 1));
  const sequence = first.map(({ id }) => id);
  expect(new Set(sequence).size).toBe(sequence.length);
  expect(sequence.length).toBeGreaterThanOrEqual(messages);
  for (const other of others) expect(other.map(({ id }) => id)).toEqual(sequence);
  await deployment.stored();
  expect(checkRun({ ops: load.ops, history: await deployment.history() })).toEqual([]);
});

test("the same load on stock Socket.IO with its Redis adapter shows different orders on different servers", async () => {
  await using redis = await startRedisServer();
  await using a = await StockServer.start(redis.url);
  await using b = await StockServer.start(redis.url);
  const seen = await loadStock({ servers: [a, b], clientsPerServer, messages, ratePerSecond });
  const onA = seen[0]?.join(" ");
  const onB = seen.at(-1)?.join(" ");
  expect(seen.every((ids) => new Set(ids).size === messages)).toBe(true);
  expect(onB).not.toBe(onA);
});

function seenBy(ops: readonly Op[], client: string): Extract<Op, { readonly op: "deliver" }>[] {
  return ops.filter((op) => op.op === "deliver").filter((op) => op.client === client);
}
