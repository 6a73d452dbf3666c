import { describe, expect, test } from "vitest";
import type { LogTier } from "../../../src/write-behind/index.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

/** A rig whose log has a replica, and notes the tiers that were asked for. */
function replicated(durability?: "fast" | "safe" | "stored"): { readonly rig: Rig; readonly asked: LogTier[] } {
  const rig = createRig(durability === undefined ? {} : { durability });
  const asked: LogTier[] = [];
  const append = rig.log.append.bind(rig.log);
  rig.log.append = async (entry, tier: LogTier = "fast") => {
    asked.push(tier);
    return { ...(await append(entry)), durability: tier };
  };
  return { rig, asked };
}

async function send(rig: Rig, more: object = {}): Promise<unknown> {
  const client = rig.open("alice");
  await client.ask("room:join", { room: "r" });
  return client.ask("message:send", { room: "r", id: "m", text: "x", ...more });
}

describe("an acknowledgement of a log that has a replica", () => {
  test.each([
    { deployment: undefined, wanted: undefined, reached: "safe" },
    { deployment: "fast", wanted: undefined, reached: "fast" },
    { deployment: "fast", wanted: "safe", reached: "safe" },
    { deployment: "safe", wanted: "fast", reached: "safe" },
  ] as const)(
    "is $reached where the deployment says $deployment and the send $wanted",
    async ({ deployment, wanted, reached }) => {
      const { rig, asked } = replicated(deployment);
      const answer = await send(rig, wanted === undefined ? {} : { durability: wanted });
      expect(answer).toMatchObject({ ok: true, durability: reached });
      expect(asked).toEqual([reached]);
    },
  );

  test("at stored waits for the database and not for the replica", async () => {
    const { rig, asked } = replicated("safe");
    const waiting = send(rig, { durability: "stored" });
    await rig.clock.advance(10);
    await rig.flush();
    expect(await waiting).toMatchObject({ ok: true, durability: "stored" });
    expect(asked).toEqual(["fast"]);
  });

  test("is for changes what it is for messages", async () => {
    const { rig } = replicated("safe");
    await send(rig);
    const client = rig.open("alice");
    await client.ask("room:join", { room: "r" });
    expect(await client.ask("message:edit", { room: "r", id: "e", target: 1, text: "y" })).toMatchObject({
      durability: "safe",
    });
  });
});
