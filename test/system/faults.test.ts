import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Deployment } from "../harness/deployment.ts";
import { type FaultRun, type FaultScene, runWithFault } from "../harness/fault-run.ts";
import { fewChanges } from "../harness/load-plan.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { sized } from "../harness/size.ts";
import { lasting, seeds } from "../harness/soak.ts";
import { until } from "../harness/until.ts";
import type { WeirProcess } from "../harness/weir-process.ts";

const sends = sized(2_000, 20_000);
const ratePerSecond = sized(250, 1_000);
/** For faults that last: nearly all is sent by their end, and the database catches up beside other work. */
const ratePerSecondOfLasting = sized(150, 300);
/** Longer than a lease of 6 s and the time to notice that it has run out. */
const pauseMs = sized(10_000, 20_000);
/** Longer than a request may take, 10 s. */
const cutMs = sized(12_000, 15_000);
/** Longer than a read of the database may take, 10 s. */
const storeGoneMs = sized(12_000, 30_000);

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

/** Redis syncs its file each second, where a title says nothing else. */
describe.each(seeds())("with seed %i, no acknowledged message is lost, doubled or out of place when", (seed) => {
  const holds = async (
    fault: (scene: FaultScene) => Promise<number>,
    shape: Pick<Partial<FaultRun>, "rooms" | "ratePerSecond" | "redis" | "mix"> = {},
  ): Promise<void> => {
    const report = await runWithFault({ mongo, seed, fault, sends, ratePerSecond, ...shape });
    expect(report).toEqual({ acked: report.acked, refused: {}, violations: [], logs: undefined });
    expect(report.acked).toBeGreaterThanOrEqual(sends);
  };

  const lasts = (fault: (scene: FaultScene) => Promise<number>): Promise<void> =>
    holds(fault, { ratePerSecond: ratePerSecondOfLasting });

  test("a gateway is killed", () =>
    holds(
      async ({ deployment, random }) => {
        const [gone, other] = random() < 0.5 ? deployment.gateways : deployment.gateways.toReversed();
        await gone?.process.kill();
        gone?.door.retarget(other?.process.port ?? 0);
        return 0;
      },
      { mix: fewChanges },
    ));

  test("the leading flusher is killed in the middle of a batch, twice", () =>
    lasts(async ({ deployment }) => {
      const startedAt = performance.now();
      await (await leading(deployment)).kill();
      await deployment.addFlusher();
      const next = await leading(deployment);
      await until(async () => ((await next.metric("weir_flushed_entries_total")) ?? 0) > 0, { within: 30_000 });
      await next.kill();
      await deployment.addFlusher();
      return performance.now() - startedAt;
    }));

  test("the leading flusher is stopped for longer than its lease and wakes up with another in its place", () =>
    lasts(async ({ deployment }) => {
      const stale = await leading(deployment);
      stale.pause();
      await lasting(pauseMs);
      const fresh = deployment.flushers.find((flusher) => flusher !== stale);
      expect(await fresh?.metric("weir_leader")).toBe(1);
      stale.resume();
      await until(async () => (await stale.metric("weir_leader")) === 0, { within: 30_000 });
      return pauseMs;
    }));

  test("Redis is killed and starts again (appendfsync always)", () =>
    holds(
      async ({ deployment, random }) => {
        const downMs = 500 + random() * 3_000;
        await deployment.redis.kill();
        await lasting(downMs);
        await deployment.redis.restart();
        return downMs;
      },
      { rooms: 6, ratePerSecond: sized(250, 500), redis: { sync: "always" } },
    ));

  test("a gateway is cut off from Redis for longer than a request may take", () =>
    lasts(async ({ deployment, random }) => {
      const [gateway] = deployment.gateways;
      if (random() < 0.5) gateway?.redisLink.cut();
      else gateway?.redisLink.silence();
      await lasting(cutMs);
      gateway?.redisLink.heal();
      return cutMs;
    }));

  test("the database is gone for longer than a read may take", () =>
    lasts(async ({ mongo: database }) => {
      await database.kill();
      await lasting(storeGoneMs);
      await database.restart();
      return storeGoneMs;
    }));
});

/** The flusher that leads, as soon as one does. */
function leading(deployment: Deployment): Promise<WeirProcess> {
  return until(() => deployment.leader(), { within: 20_000, every: 20 });
}
