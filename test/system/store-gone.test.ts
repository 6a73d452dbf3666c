import { afterAll, beforeAll, expect, test } from "vitest";
import { runWithFault } from "../harness/fault-run.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { sized } from "../harness/size.ts";
import { lasting } from "../harness/soak.ts";

const goneMs = sized(8_000, 60_000);
const ratePerSecond = sized(150, 2_000);
const sends = (ratePerSecond * goneMs * 1.5) / 1_000;
/** Of what was sent while the store was gone: the rest is under way. */
const acknowledgedShare = 0.8;

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer({ own: true });
});
afterAll(() => mongo.stop());

test("while the store is gone sends are acknowledged as before, and afterwards everything is stored", async () => {
  const report = await runWithFault({
    mongo,
    seed: 1,
    sends,
    ratePerSecond,
    fault: async ({ load }) => {
      await mongo.kill();
      const before = load.acked;
      await lasting(goneMs);
      await load.reach(before + (ratePerSecond * goneMs * acknowledgedShare) / 1_000, goneMs);
      await mongo.restart();
      return goneMs;
    },
  });
  expect(report).toEqual({ acked: report.acked, refused: {}, violations: [], logs: undefined });
});

test("a buffer that is full refuses sends with OVERLOADED, takes them again by itself, and loses nothing", async () => {
  let refused = 0;
  let waiting = 0;
  const highWatermark = sized(100, 200);
  const report = await runWithFault({
    mongo,
    seed: 2,
    sends: sends / 2,
    ratePerSecond,
    env: { WEIR_BUFFER_MAX_MESSAGES: String(highWatermark) },
    fault: async ({ deployment }) => {
      await mongo.kill();
      await lasting(goneMs / 2);
      const overloaded = deployment.gateways.map(({ process }) =>
        process.metric('weir_requests_total{event="message:send",result="OVERLOADED"}'),
      );
      refused = (await Promise.all(overloaded)).reduce<number>((sum, count) => sum + (count ?? 0), 0);
      waiting = (await deployment.flushers[0]?.metric("weir_buffer_entries")) ?? Number.NaN;
      await mongo.restart();
      return goneMs / 2;
    },
  });
  expect(report).toEqual({ acked: report.acked, refused: {}, violations: [], logs: undefined });
  expect(refused).toBeGreaterThan(0);
  expect(waiting).toBeLessThanOrEqual(4 * highWatermark);
});
