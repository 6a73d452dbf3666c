import { afterAll, beforeAll, expect, test } from "vitest";
import { chat } from "../../loadtests/journeys/chat.ts";
import { visit } from "../../loadtests/journeys/visit.ts";
import { type Plan, plans } from "../../loadtests/lib/plans.ts";
import { addVerdicts, faultsOf } from "../../loadtests/lib/verdict.ts";
import type { Deployment } from "../harness/deployment.ts";
import { deployForParties, doorsOf, small } from "../harness/load-party.ts";
import { Measured, nodeScene } from "../harness/load-world.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { sized } from "../harness/size.ts";

/*
 * The journeys, the connection and the accounting that k6 runs, here under Node with its own WebSocket, small, against real gateways.
 * It proves that code, and says nothing of k6. What happens when something breaks meanwhile is in test/verify/load-faults.test.ts.
 */

/** At this size the others have the shape of one of these. */
const differing: readonly string[] = ["steady", "hot-room", "many-rooms", "reconnect-storm", "slow-readers"];
const played = Object.entries<Plan>(plans).filter(([name]) => sized(differing.includes(name), true));

let mongo: MongoServer;
let shared: Deployment;
beforeAll(async () => {
  mongo = await startMongoServer();
  shared = await deployForParties(mongo);
});
afterAll(async () => {
  await shared[Symbol.asyncDispose]();
  await mongo.stop();
});

test.concurrent.each(played)(
  "the journey of %s loses nothing, and sees nothing twice or out of order",
  async (_name, plan) => {
    const measured = new Measured();
    // Two parties that share nothing but the rooms, as two users of k6 do.
    const scene = nodeScene(doorsOf(shared), measured, "a");
    const party = small(plan);
    const both = await Promise.all([chat(scene, party), chat({ ...scene, party: `${scene.run}-b` }, party)]);
    const verdict = both.reduce(addVerdicts);
    expect([faultsOf(verdict), verdict.unanswered, verdict.refusedBy]).toEqual([[], 0, {}]);
    expect(verdict.accepted).toBe(verdict.sent);
    expect(verdict.stored).toBe(verdict.sent);
    expect(verdict.sent).toBeGreaterThan(party.perSecond * party.seconds);
    expect(measured.sum("chat_sent")).toBe(verdict.sent);
    expect(measured.sum("chat_delivered")).toBe(verdict.delivered);
    expect(measured.sum("chat_stored")).toBe(verdict.stored);
    expect(measured.of("chat_delivery_duration")).toHaveLength(verdict.delivery.count);
    // Who loses the connection comes back, and asks for what it missed.
    const handshakes = measured.sum("chat_handshakes");
    if (party.dropEvery === undefined) expect(handshakes).toBe(2 * party.members);
    else expect(handshakes).toBeGreaterThan(2 * party.members);
    if (party.dropEvery !== undefined || party.laggards !== undefined) expect(verdict.caughtUp).toBeGreaterThan(0);
  },
);

test("visitors who come by the dozen get in, and are counted", async () => {
  const measured = new Measured();
  const scene = nodeScene(doorsOf(shared), measured);
  expect(await visit(scene, { people: 40, seconds: 0.2, patienceSeconds: 30 })).toBe(40);
  expect(measured.sum("chat_handshakes")).toBe(40);
  expect(measured.of("chat_handshake_duration")).toHaveLength(40);
});

test("a token that is not good ends a visit at the first refusal", async () => {
  const measured = new Measured();
  const scene = { ...nodeScene(doorsOf(shared), measured), token: () => "no token" };
  expect(await visit(scene, { people: 1, seconds: 0, patienceSeconds: 30 })).toBe(0);
  expect(measured.sum("chat_handshake_failures")).toBe(1);
});
