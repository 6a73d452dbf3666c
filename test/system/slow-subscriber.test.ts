import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkRun } from "../harness/checker.ts";
import { Deployment, testSecret } from "../harness/deployment.ts";
import { ChatLoad } from "../harness/load.ts";
import { everyoneAtTheEnd } from "../harness/load-end.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { until } from "../harness/until.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

/** What was missed is in the log, however long Redis took: the database of the tests scans for each page. */
const longTail = { WEIR_LOG_TAIL: "20000" } as const;
const rooms = ["team:1", "team:2", "team:3"] as const;

test("a gateway that stands still while its rooms go on is cut off by Redis, sees what it missed, and gives its clients all of it", async () => {
  const database = `slow-subscriber-${randomInt(1_000_000)}`;
  await using deployment = await Deployment.start({ mongo, database, gateways: 2, flushers: 1, env: longTail });
  const [stalled] = deployment.gateways;
  if (stalled === undefined) throw new Error("no gateway");
  // Closes a subscriber with this much waiting for it, as the default does at 32 MB: a loopback takes some MB by itself.
  await deployment.redis.ask('CONFIG SET client-output-buffer-limit "pubsub 65536 32768 1"');
  const watching = [0, 1].map((i) => ({ id: `watcher-${i}`, url: deployment.door(0), rooms }));
  const writing = [0, 1, 2, 3].map((i) => ({ id: `writer-${i}`, url: deployment.door(1), rooms }));
  const common = { secret: testSecret, ratePerSecond: 800 };
  using watchers = new ChatLoad({ ...common, seed: 1, clients: watching });
  using writers = new ChatLoad({ ...common, seed: 2, clients: writing, textBytes: 6_000 });
  await watchers.join();
  await writers.join();

  writers.begin();
  await writers.reach(200);
  const subscribed = await subscribers(deployment);
  stalled.process.pause();
  await until(async () => (await subscribers(deployment)) < subscribed, { within: 60_000, every: 100 });
  stalled.process.resume();
  await writers.reach(writers.acked + 500);
  await writers.finish();
  await deployment.stored();
  const history = await deployment.history();
  await everyoneAtTheEnd(watchers, history);
  deployment.check();
  expect(await stalled.process.metric("weir_feed_interruptions_total")).toBeGreaterThan(0);
  expect(checkRun({ ops: [...writers.ops, ...watchers.ops], history })).toEqual([]);
});

/** How many connections Redis has that subscribe to rooms. */
async function subscribers({ redis }: Deployment): Promise<number> {
  return (await redis.ask("CLIENT LIST")).split("name=weir-subscriptions ").length - 1;
}
