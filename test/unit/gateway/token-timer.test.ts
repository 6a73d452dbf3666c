import { expect, test } from "vitest";
import { createRig } from "./gateway-rig.ts";

test("a token is announced a minute before its end and closes the connection 30 s after it", async () => {
  const rig = createRig();
  const end = rig.clock.now() + 90_000;
  const alice = rig.open("alice", { expiresAt: end });
  await rig.clock.advance(29_999);
  expect(alice.pushes).toEqual([]);
  await rig.clock.advance(1);
  expect(alice.pushes).toEqual([{ event: "auth:expiring", payload: { at: end } }]);
  await rig.clock.advance(89_999);
  expect([alice.closed(), await alice.ask("room:join", { room: "r" })]).toMatchObject([false, { ok: true }]);
  await rig.clock.advance(1);
  expect(alice.closed()).toBe(true);
  expect(await alice.ask("room:join", { room: "r" })).toMatchObject({ error: { code: "AUTH_EXPIRED" } });
});

test("a token that lasts longer than a timer can count does not end at once", async () => {
  const rig = createRig();
  const alice = rig.open("alice", { expiresAt: rig.clock.now() + 10_000_000_000 });
  await rig.clock.advance(2_500_000_000);
  expect([alice.closed(), alice.pushes]).toEqual([false, []]);
});
