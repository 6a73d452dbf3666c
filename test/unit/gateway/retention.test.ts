import { describe, expect, test } from "vitest";
import { createRig } from "./gateway-rig.ts";
import { joined, policyRig } from "./policy-rig.ts";

describe("what is older than the room's retention", () => {
  const seqs = (answer: unknown): number[] =>
    typeof answer === "object" && answer !== null && "entries" in answer && Array.isArray(answer.entries)
      ? answer.entries.map((entry: { readonly seq: number }) => entry.seq)
      : [];

  async function aged() {
    const rig = await policyRig({ short: { rooms: ["r"], retentionSeconds: 60 } });
    const ada = await joined(rig, "ada");
    for (let i = 1; i <= 6; i++) {
      if (i === 5) await rig.clock.advance(40_000);
      expect(await ada.send(`m${i}`)).toMatchObject({ ok: true, seq: i });
    }
    await rig.flush();
    await rig.clock.advance(30_000);
    return { rig, ada };
  }

  test("is given to nobody, although it is there: not with a join, and not as history from either side", async () => {
    const { rig, ada } = await aged();
    const bob = rig.open("bob");
    expect(seqs(await bob.ask("room:join", { room: "r" }))).toEqual([5, 6]);
    expect(await ada.ask("history:get", { room: "r", before: 6 })).toMatchObject({
      entries: [{ seq: 5 }],
      more: false,
    });
    expect(await ada.ask("history:get", { room: "r", before: 4 })).toMatchObject({ entries: [], more: false });
    expect(seqs(await ada.ask("history:get", { room: "r", after: 0 }))).toEqual([5, 6]);
    expect(await ada.ask("history:get", { room: "r", after: 0, limit: 1 })).toMatchObject({
      entries: [{ seq: 5 }],
      more: true,
    });
    expect((await rig.log.range("r", { after: 0, limit: 10 })).length).toBe(6);
  });

  test("is a gap for who comes back from before it", async () => {
    const { rig } = await aged();
    const join = (seq: number, more: object = {}) =>
      rig.open("bob").ask("room:join", { room: "r", after: { epoch: "1", seq }, ...more });
    expect(await join(1)).toMatchObject({ ok: true, gap: true, entries: [{ seq: 5 }, { seq: 6 }] });
    expect(await join(1, { limit: 1 })).toMatchObject({ ok: true, gap: true, entries: [{ seq: 5 }], more: true });
    const near = await join(5);
    expect(near).toMatchObject({ ok: true, entries: [{ seq: 6 }] });
    expect(near).not.toHaveProperty("gap");
  });

  test("can't be changed any more, and other rooms keep theirs", async () => {
    const { rig, ada } = await aged();
    expect(await ada.ask("message:edit", { room: "r", id: "e", target: 1, text: "y" })).toMatchObject({
      error: { code: "NOT_FOUND" },
    });
    expect(await ada.ask("message:edit", { room: "r", id: "f", target: 6, text: "y" })).toMatchObject({ ok: true });
    const other = await joined(rig, "ada", "other");
    await other.send("1");
    await rig.clock.advance(3_600_000);
    expect(seqs(await rig.open("bob").ask("room:join", { room: "other" }))).toEqual([1]);
  });

  test("stays over when everything is kept from now on: what marks the end of an expired room is not shown", async () => {
    const rig = createRig({ tail: 0 });
    for (let i = 1; i <= 3; i++) await rig.append("r", `m${i}`);
    await rig.flush();
    await rig.store.expire(rig.clock.now() + 1, 10);
    await rig.store.hold({ room: "r", epoch: "0", seq: 3, at: 0 });
    const ada = rig.open("ada");
    expect(seqs(await ada.ask("room:join", { room: "r", after: { epoch: "1", seq: 1 } }))).toEqual([]);
    expect(seqs(await ada.ask("history:get", { room: "r", after: 0 }))).toEqual([]);
  });

  test("is the deployment's where no policy says so", async () => {
    const rig = createRig({ limits: { retentionMs: 60_000 } });
    const ada = await joined(rig, "ada");
    await ada.send("1");
    await rig.clock.advance(59_000);
    expect(seqs(await rig.open("bob").ask("room:join", { room: "r" }))).toEqual([1]);
    await rig.clock.advance(2_000);
    expect(seqs(await rig.open("bob").ask("room:join", { room: "r" }))).toEqual([]);
  });
});
