import { afterAll, beforeAll, expect, test } from "vitest";
import { flusherTiming } from "../../src/leadership/index.ts";
import { runWithFault } from "../harness/fault-run.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { sized } from "../harness/size.ts";
import { until } from "../harness/until.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

const shape = { seed: 1, sends: sized(1_200, 5_000), ratePerSecond: sized(200, 500) } as const;

test("a gateway that is told to stop sends its clients away and ends well, and they lose nothing on the way", async () => {
  const codes: (number | null)[] = [];
  const report = await runWithFault({
    ...shape,
    mongo,
    fault: async ({ deployment }) => {
      const [leaving, staying] = deployment.gateways;
      leaving?.door.divert(staying?.process.port ?? 0);
      codes.push((await leaving?.process.terminate()) ?? null);
      return 0;
    },
  });
  expect(codes).toEqual([0]);
  expect(report).toEqual({ acked: report.acked, refused: {}, violations: [], logs: undefined });
});

test("a leading flusher that is told to stop ends well, and another leads before the lease would have run out", async () => {
  const codes: (number | null)[] = [];
  const report = await runWithFault({
    ...shape,
    mongo,
    fault: async ({ deployment }) => {
      const leader = await until(() => deployment.leader(), { within: 20_000, every: 20 });
      codes.push(await leader.terminate());
      await until(() => deployment.leader(), { within: flusherTiming.leaseMs, every: 20 });
      return 0;
    },
  });
  expect(codes).toEqual([0]);
  expect(report).toEqual({ acked: report.acked, refused: {}, violations: [], logs: undefined });
});
