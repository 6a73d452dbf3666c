import { afterAll, beforeAll, describe, test } from "vitest";
import type { FaultScene } from "../harness/fault-run.ts";
import { holds } from "../harness/held-run.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { lasting, seeds } from "../harness/soak.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

const tiers = ["fast", "safe", "stored"] as const;
/** How long the replica copies nothing before the primary dies, ms. */
const lagMs = 3_000;

async function failOver({ deployment }: FaultScene): Promise<number> {
  await deployment.failOver();
  return 5_000;
}

async function failOverWithLag(scene: FaultScene): Promise<number> {
  scene.deployment.replica?.link.silence();
  await lasting(lagMs);
  return lagMs + (await failOver(scene));
}

async function failOverOneWay(scene: FaultScene): Promise<number> {
  scene.deployment.replica?.link.silence("answers");
  await lasting(lagMs);
  return lagMs + (await failOver(scene));
}

/** What was not copied is lost at `fast`, and at no other tier. Both servers sync their files each second. */
describe.each(seeds())("with seed %i, appendfsync everysec, flushers and a database", (seed) => {
  const losable = new Set(["fast"] as const);

  describe.each(tiers)("at the tier %s", (tier) => {
    const run = { seed, replica: true, losable, floor: tier } as const;

    test("a failover to a replica that keeps up loses no safe and no stored message, and doubles none", () =>
      holds({ ...run, mongo, fault: failOver }));

    test("a failover to a replica that lags loses no safe and no stored message, and doubles none", () =>
      holds({ ...run, mongo, fault: failOverWithLag }));
  });

  test("a failover after the primary's writes alone stopped coming loses no safe and no stored message", () =>
    holds({ seed, replica: true, losable, mongo, floor: "safe", fault: failOverOneWay }));
});
