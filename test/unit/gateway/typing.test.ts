import { describe, expect, test } from "vitest";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { createRig, type RigOptions } from "./gateway-rig.ts";

type Client = ReturnType<ReturnType<typeof createRig>["open"]>;

/** What a member was shown of the others' typing. */
function heard(client: Client): readonly boolean[] {
  return client.pushes.flatMap(({ event, payload }) => (event === "typing" && isTyping(payload) ? [payload.on] : []));
}

function isTyping(payload: unknown): payload is { readonly on: boolean } {
  return typeof payload === "object" && payload !== null && "on" in payload;
}

async function members(options: RigOptions = {}) {
  const rig = createRig(options);
  const alice = rig.open("alice");
  const bob = rig.open("bob");
  for (const client of [alice, bob]) await client.ask("room:join", { room: "r" });
  const type = (on: boolean, client = alice) => client.ask("typing:set", { room: "r", on });
  return { rig, alice, bob, type };
}

test("typing reaches the other members, thinned out to one a second, and ends with the last state", async () => {
  const { rig, alice, bob, type } = await members();
  const stranger = rig.open("carol");
  for (const on of [true, true, false, true, false]) await type(on);
  await rig.clock.advance(5_000);
  expect(bob.pushes.filter(({ event }) => event === "typing")).toEqual(
    [true, false].map((on) => ({ event: "typing", payload: { room: "r", user: { id: "alice" }, on } })),
  );
  expect([heard(alice), heard(stranger)]).toEqual([[], []]);
  expect(await type(true, stranger)).toMatchObject({ error: { code: "NOT_IN_ROOM" } });
});

test("a reader without the right to write can't show typing", async () => {
  const { rig, bob, type } = await members();
  const reader = rig.open("carol", { grants: [{ room: "r", can: ["read"] }] });
  await reader.ask("room:join", { room: "r" });
  expect(await type(true, reader)).toMatchObject({ error: { code: "FORBIDDEN" } });
  expect(heard(bob)).toEqual([]);
});

describe("a typing that is not ended", () => {
  test("ends six seconds after it was last set, for every member, and can begin again", async () => {
    const { rig, bob, type } = await members();
    await type(true);
    await rig.clock.advance(5_999);
    expect(heard(bob)).toEqual([true]);
    await rig.clock.advance(1);
    expect(heard(bob)).toEqual([true, false]);
    await rig.clock.advance(2_000);
    await type(true);
    expect(heard(bob)).toEqual([true, false, true]);
  });

  test("goes on as long as it is set again in time", async () => {
    const { rig, bob, type } = await members();
    for (let i = 0; i < 5; i++) {
      await type(true);
      await rig.clock.advance(5_000);
    }
    expect(heard(bob)).toEqual([true, true, true, true, true]);
    await rig.clock.advance(1_000);
    expect(heard(bob).at(-1)).toBe(false);
  });

  test.each([
    ["the connection closes", (alice: Client) => alice.session.close()],
    ["the room is left", (alice: Client) => void alice.ask("room:leave", { room: "r" })],
    ["a new token takes the room away", (alice: Client) => void alice.ask("auth:refresh", { token: "alice!s" })],
  ])("ends where %s", async (_what, end) => {
    const { rig, alice, bob, type } = await members();
    await type(true);
    await rig.clock.advance(1_500);
    end(alice);
    await rig.clock.advance(0);
    expect(heard(bob)).toEqual([true, false]);
    await rig.clock.advance(60_000);
    expect(heard(bob)).toEqual([true, false]);
  });

  test("goes on where another connection of the user set it last", async () => {
    const { rig, alice, bob, type } = await members();
    const other = rig.open("alice");
    await other.ask("room:join", { room: "r" });
    await type(true);
    await type(true, other);
    await rig.clock.advance(1_500);
    alice.session.close();
    await rig.clock.advance(0);
    expect(heard(bob)).toEqual([true]);
    await rig.clock.advance(6_000);
    expect(heard(bob)).toEqual([true, false]);
  });

  test("is not shown beyond the number of users that type at a time, and that is counted", async () => {
    const metrics = createMetrics({ processMetrics: false });
    const { rig, bob, alice, type } = await members({ metrics, limits: { typists: 1 } });
    const carol = rig.open("carol");
    await carol.ask("room:join", { room: "r" });
    await type(true, carol);
    await type(true);
    expect(heard(alice)).toEqual([true]);
    expect(heard(bob)).toEqual([true]);
    expect((await metrics.scrape()).text).toContain('weir_cap_reached_total{cap="typists"} 1');
    await type(false, carol);
    await rig.clock.advance(2_000);
    await type(true);
    expect(heard(bob)).toEqual([true, false, true]);
  });
});
