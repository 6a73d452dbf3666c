import { expect, test } from "vitest";
import type { NewEntry } from "../../../src/chat/entry.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

const start = { room: "r", after: { epoch: "1", seq: 0 } };

const edit = (target: number, text: string): Partial<NewEntry> => ({ kind: "edit", target, text });
const remove = (target: number): Partial<NewEntry> => ({ kind: "delete", target });

async function withSecrets(tail: number): Promise<Rig> {
  const rig = createRig({ tail });
  await rig.append("r", "m1", { text: "secret one" });
  await rig.append("r", "m2", { text: "secret two" });
  await rig.append("r", "m3", { text: "open" });
  await rig.append("r", "e1", edit(1, "secret edit"));
  return rig;
}

/** What a newcomer gets that asks for everything, in pages of two. */
async function everything(rig: Rig): Promise<string> {
  const eve = rig.open("eve");
  let after = (await rig.log.head("r")).epoch;
  const given = [];
  let place = { epoch: after, seq: 0 };
  for (let more = true; more; ) {
    const answer = await eve.ask("room:join", { ...start, after: place, limit: 2 });
    if (answer?.ok !== true) throw new Error("refused");
    given.push(...answer.entries);
    const last = answer.entries.at(-1);
    if (last !== undefined) place = { epoch: last.epoch, seq: last.seq };
    after = place.epoch;
    more = answer.more === true;
  }
  for (const query of [{}, { before: 3 }, { after: 0 }]) {
    const page = await eve.ask("history:get", { room: "r", ...query });
    given.push(page);
  }
  return JSON.stringify(given);
}

test.each([
  ["the log", 500, false],
  ["the store", 0, true],
])(
  "a newcomer gets no deleted and no replaced text out of %s, before the store has the change and after",
  async (_, tail, stored) => {
    const rig = await withSecrets(tail);
    if (stored) await rig.flush();
    await rig.append("r", "e2", edit(1, "fine"));
    await rig.append("r", "d", remove(2));
    for (let round = 0; round < 2; round++) {
      const given = await everything(rig);
      expect(given).not.toContain("secret");
      expect(given).toContain("fine");
      expect(given).toContain("open");
      await rig.flush();
    }
  },
);

test("a member that has the message hears of its delete when it comes back", async () => {
  const rig = await withSecrets(500);
  const { epoch, seq } = await rig.log.head("r");
  await rig.append("r", "d", remove(2));
  const answer = await rig.open("bob").ask("room:join", { room: "r", after: { epoch, seq } });
  expect(answer).toMatchObject({ ok: true, entries: [{ kind: "delete", target: 2 }] });
});

test("a text that is deleted while it waits to be sent is not sent", async () => {
  const rig = createRig({ limits: { windowMs: 1_000, windowMaxMs: 1_000 } });
  const bob = rig.open("bob");
  await bob.ask("room:join", { room: "r" });
  await rig.append("r", "first");
  await rig.clock.advance(1);
  await rig.append("r", "m2", { text: "secret" });
  await rig.append("r", "e", edit(2, "secret too"));
  await rig.append("r", "d", remove(2));
  await rig.clock.advance(2_000);
  expect(bob.entries.map(({ seq }) => seq)).toEqual([1, 2, 3, 4]);
  expect(JSON.stringify(bob.entries)).not.toContain("secret");
});
