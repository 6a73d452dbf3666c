import { expect, test } from "vitest";
import { defaultGatewayLimits } from "../../../src/gateway/gateway-limits.ts";
import { createRig } from "./gateway-rig.ts";

test("after an interruption of the feed, what was published meanwhile is fetched", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  const subscribe = rig.log.subscribe.bind(rig.log);
  await rig.log.unsubscribe("r");
  for (let i = 1; i <= 300; i++) await rig.append("r", `m${i}`);
  rig.log.subscribe = subscribe;
  rig.log.interrupt();
  await rig.clock.advance(100);
  expect(alice.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 300 }, (_, i) => i + 1));
  expect(alice.pushes.every(({ event }) => event === "messages")).toBe(true);
});

test("a room that can't be subscribed refuses the join and is tried anew by the next", async () => {
  const rig = createRig();
  const subscribe = rig.log.subscribe.bind(rig.log);
  rig.log.subscribe = () => Promise.reject(new Error("away"));
  const alice = rig.open("alice");
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ ok: false });
  rig.log.subscribe = subscribe;
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ ok: true });
  expect(rig.gateway.activeRooms()).toEqual(["r"]);
});

test("the default limits are those of the documents", () => {
  expect(defaultGatewayLimits).toMatchObject({
    userRate: { ratePerSecond: 5, burst: 20 },
    roomRate: { ratePerSecond: 50 },
    joinRate: { ratePerSecond: 10 },
    roomsPerConnection: 200,
    storeReads: 32,
  });
});
