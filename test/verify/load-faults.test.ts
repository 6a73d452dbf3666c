import { afterAll, beforeAll, expect, test } from "vitest";
import { chat } from "../../loadtests/journeys/chat.ts";
import { plans } from "../../loadtests/lib/plans.ts";
import { faultsOf, type Verdict } from "../../loadtests/lib/verdict.ts";
import type { Deployment } from "../harness/deployment.ts";
import { deployForParties, doorsOf, small } from "../harness/load-party.ts";
import { Measured, nodeScene } from "../harness/load-world.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";

/* What an operator does to Weir while `rollout` and `failover` run with k6, here small and under Node: see test/system/load-journeys.test.ts. */

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

/** Who is there lost a connection and came back. */
const cameBack = (_verdict: Verdict, handshakes: number): boolean => handshakes > plans.smoke.chat.party.members;

/** What happens to the deployment in the middle of the chat, and whether it was felt. */
const faults: readonly (readonly [
  string,
  (deployment: Deployment) => Promise<void>,
  (verdict: Verdict, handshakes: number) => boolean,
])[] = [
  [
    "a gateway is replaced",
    async ({ gateways: [leaving, staying] }) => {
      leaving?.door.divert(staying?.process.port ?? 0);
      expect(await leaving?.process.terminate()).toBe(0);
    },
    cameBack,
  ],
  [
    "a gateway is killed",
    async ({ gateways: [gone, staying] }) => {
      await gone?.process.kill();
      gone?.door.retarget(staying?.process.port ?? 0);
    },
    cameBack,
  ],
  [
    "Redis is stopped and comes back",
    async ({ redis }) => {
      await redis.stop();
      await lasting(1_000);
      await redis.restart();
    },
    // Connections stay; what was sent meanwhile was tried until there was an answer.
    ({ ack }) => ack.max > 500,
  ],
];

test.each(faults)(
  "when %s while people chat, all of them have everything in the end",
  async (_name, happen, isFelt) => {
    await using deployment = await deployForParties(mongo);
    const measured = new Measured();
    const party = { ...small(plans.rollout, 8), members: 5, patienceSeconds: 60 };
    const chatting = chat(nodeScene(doorsOf(deployment), measured), party);
    // In the middle of it: a quarter of a party of eight seconds.
    await until(() => measured.sum("chat_sent") > (party.perSecond * party.seconds) / 4, { within: 60_000 });
    await happen(deployment);
    const verdict = await chatting;
    expect([faultsOf(verdict), verdict.unanswered, verdict.declared]).toEqual([[], 0, 0]);
    expect(verdict.accepted).toBe(verdict.sent);
    expect(isFelt(verdict, measured.sum("chat_handshakes"))).toBe(true);
  },
);
