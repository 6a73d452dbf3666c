import { expect, test } from "vitest";
import type { Entry } from "../../../src/chat/entry.ts";
import { limits } from "../../../src/protocol/limits.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

/** Bytes of one entry above those of its text. */
const around = 1_000;
const text = "x".repeat(8_000);
const many = { ratePerSecond: 1e6, burst: 1e6 };
const unlimited = { userRate: many, joinRate: many, historyRate: many };

async function filled(count: number, options: { readonly stored: boolean }): Promise<Rig> {
  const metrics = createMetrics({ processMetrics: false });
  const rig = createRig({ tail: options.stored ? 0 : 500, limits: unlimited, metrics });
  for (let i = 1; i <= count; i++) await rig.append("r", `m${i}`, { text });
  if (options.stored) await rig.flush();
  return rig;
}

function check(entries: readonly Entry[]): void {
  expect(entries.length).toBeGreaterThan(0);
  expect(JSON.stringify(entries).length).toBeLessThan(limits.pageBytes + text.length + around);
}

test.each([true, false])(
  "pages of history end with their bytes, and the next ones have the rest (stored: %s)",
  async (stored) => {
    const rig = await filled(150, { stored });
    const alice = rig.open("alice");
    await alice.ask("room:join", { room: "r", limit: 1 });
    for (const forward of [true, false]) {
      const seen: number[] = [];
      for (let more = true, place: object = forward ? { after: 0 } : {}; more; ) {
        const page = await alice.ask("history:get", { room: "r", limit: 200, ...place });
        if (page?.ok !== true) throw new Error("refused");
        check(page.entries);
        const seqs = page.entries.map(({ seq }) => seq);
        if (forward) seen.push(...seqs);
        else seen.unshift(...seqs);
        place = forward ? { after: seen.at(-1) } : { before: seen[0] };
        more = page.more;
      }
      expect(seen).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
    }
  },
);

test.each([true, false])("a catch-up ends with its bytes, and goes on where it ended (stored: %s)", async (stored) => {
  const rig = await filled(150, { stored });
  const alice = rig.open("alice");
  const seen: number[] = [];
  for (let more = true, seq = 0; more; seq = seen.at(-1) ?? 0) {
    const answer = await alice.ask("room:join", { room: "r", after: { epoch: "1", seq }, limit: 200 });
    if (answer?.ok !== true) throw new Error("refused");
    expect(answer).not.toHaveProperty("gap");
    check(answer.entries);
    seen.push(...answer.entries.map((entry) => entry.seq));
    more = answer.more === true;
  }
  expect(seen).toEqual(Array.from({ length: 150 }, (_, i) => i + 1));
});

test("one entry is given however large it is", async () => {
  const rig = createRig({ limits: unlimited });
  for (const id of ["a", "b"]) await rig.append("r", id, { text: "x".repeat(2 * limits.pageBytes) });
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  const page = await alice.ask("history:get", { room: "r", after: 0 });
  expect(page).toMatchObject({ ok: true, more: true, entries: [{ seq: 1 }] });
  expect(await alice.ask("history:get", { room: "r", after: 1 })).toMatchObject({ more: false, entries: [{ seq: 2 }] });
});

test("a page over more than 2,000 unstored changes says that there is more", async () => {
  const rig = createRig({ limits: unlimited });
  await rig.append("r", "first");
  for (let i = 1; i <= 2_500; i++)
    await rig.append("r", `x${i}`, { kind: "reaction", target: 1, emoji: "👍", on: i % 2 === 1 });
  await rig.append("r", "last");
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r", limit: 1 });
  const first = await alice.ask("history:get", { room: "r", after: 0, limit: 10 });
  expect(first).toMatchObject({ ok: true, more: true, entries: [{ id: "first" }] });
  expect(await alice.ask("history:get", { room: "r", after: 1, limit: 10 })).toMatchObject({
    more: false,
    entries: [{ id: "last" }],
  });
  const newest = await alice.ask("history:get", { room: "r", limit: 10 });
  expect(newest).toMatchObject({ ok: true, more: true, entries: [{ id: "last" }] });
  expect(await alice.ask("history:get", { room: "r", before: 2_502, limit: 10 })).toMatchObject({
    more: false,
    entries: [{ id: "first" }],
  });
});

test("a page before a stored, edited and a stored, deleted message that are still in the log shows the change", async () => {
  const rig = createRig({ tail: 500, limits: unlimited });
  await rig.append("r", "m1", { text: "wrong" });
  await rig.append("r", "m2", { text: "secret" });
  await rig.append("r", "e", { kind: "edit", target: 1, text: "right" });
  await rig.append("r", "d", { kind: "delete", target: 2 });
  await rig.append("r", "x", { kind: "reaction", target: 1, emoji: "👍", on: true });
  await rig.append("r", "m6");
  await rig.flush();
  await rig.append("r", "m7");
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r", limit: 1 });
  const page = await alice.ask("history:get", { room: "r", before: 3, limit: 10 });
  expect(page).toMatchObject({ entries: [{ text: "right", reactions: { "👍": ["other"] } }, { deleted: { seq: 4 } }] });
});
