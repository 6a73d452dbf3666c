import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stopBudget } from "../../src/roles/stop-budget.ts";
import { checkRun } from "../harness/checker.ts";
import { Deployment, testSecret } from "../harness/deployment.ts";
import { ChatLoad } from "../harness/load.ts";
import { everyoneAtTheEnd } from "../harness/load-end.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { byPace, onPaceOnly } from "../harness/pace.ts";
import { frameClient } from "../harness/raw-client.ts";
import { sized } from "../harness/size.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";

/** On both gateways together. */
const clients = sized(160, 4_000);
const windowMs = Math.max(6_500, clients * 10);
const membersPerRoom = 10;
const ratePerSecond = 50;

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

function deploy(drainWindow: number): Promise<Deployment> {
  const env = {
    WEIR_DRAIN_WINDOW: `${drainWindow}ms`,
    WEIR_ADMISSION_RATE: "10000",
    WEIR_ADMISSION_BURST: "10000",
    WEIR_SHED_LOOP_DELAY: "0",
  };
  return Deployment.start({ mongo, database: `drain-${randomInt(1_000_000)}`, gateways: 2, flushers: 1, env });
}

/** Arrivals in each second from now on, until `done`. */
async function countArrivals(load: ChatLoad, done: () => boolean): Promise<number[]> {
  const total = (): number => load.clients.reduce((sum, { connections }) => sum + connections, 0);
  const perSecond: number[] = [];
  for (let [before, since] = [total(), performance.now()]; !done(); ) {
    await lasting(1_000);
    const [now, at] = [total(), performance.now()];
    perSecond.push(((now - before) * 1_000) / (at - since));
    [before, since] = [now, at];
  }
  return perSecond;
}

test(
  `a gateway with half of ${clients} clients leaves under load: nothing is lost or doubled, they move evenly, and it ends in time`,
  onPaceOnly,
  async () => {
    await using deployment = await deploy(windowMs);
    const [leaving, staying] = deployment.gateways;
    if (leaving === undefined || staying === undefined) throw new Error("no gateways");
    using load = new ChatLoad({
      seed: 1,
      secret: testSecret,
      clients: Array.from({ length: clients }, (_, i) => ({
        id: `user-${i}`,
        url: deployment.door(i % 2),
        rooms: [`room-${Math.floor(i / membersPerRoom)}`],
      })),
      ratePerSecond,
    });
    await load.join();
    load.begin();
    await load.reach(ratePerSecond);
    await using stranger = await frameClient(leaving.process.url);

    leaving.door.divert(staying.process.port);
    const begun = performance.now();
    let took: number | undefined;
    const ended = leaving.process.terminate().finally(() => {
      took = performance.now() - begun;
    });
    await until(async () => !(await leaving.process.isReady()));
    await stranger.closed;
    const left = leaving.process.metric("weir_draining_connections");
    expect(await left).toBeGreaterThan(clients / 4);
    const perSecond = await countArrivals(load, () => took !== undefined);
    expect(await ended).toBe(0);
    expect(took).toBeLessThan(stopBudget(windowMs).exitMs);

    const share = (clients / 2 / windowMs) * 1_000;
    expect(Math.max(...perSecond), byPace("even drain")).toBeLessThanOrEqual(1.5 * share + 2 * Math.sqrt(share));
    await load.finish();
    await deployment.stored();
    const history = await deployment.history();
    await everyoneAtTheEnd(load, history);
    expect(checkRun({ ops: load.ops, history })).toEqual([]);
    expect(load.clients.filter(({ connections }) => connections === 2)).toHaveLength(clients / 2);
    deployment.check();
  },
);

test("a gateway that is told twice to stop ends at once", async () => {
  await using deployment = await deploy(600_000);
  const gateway = deployment.gateways[0]?.process;
  if (gateway === undefined) throw new Error("no gateway");
  using load = new ChatLoad({
    seed: 2,
    secret: testSecret,
    clients: [{ id: "user", url: deployment.door(0), rooms: ["room"] }],
    ratePerSecond: 1,
  });
  await load.join();
  const first = gateway.terminate();
  await until(async () => !(await gateway.isReady()));
  expect(await gateway.terminate()).toBe(1);
  await first;
});
