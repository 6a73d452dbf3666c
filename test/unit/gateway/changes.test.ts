import { expect, test } from "vitest";
import { limits } from "../../../src/protocol/limits.ts";
import { createRig } from "./gateway-rig.ts";

async function roomWithOneMessage(options: Parameters<typeof createRig>[0] = {}) {
  const rig = createRig(options);
  const alice = rig.open("alice");
  await alice.ask("room:join", { room: "r" });
  await rig.append("r", "m", { from: { id: "alice" } });
  let id = 0;
  const react = (emoji: string, on = true) =>
    alice.ask("message:react", { room: "r", id: `x${id++}`, target: 1, emoji, on });
  const reactAs = (user: string, emoji: string): Promise<void> =>
    rig.append("r", `x${id++}`, { kind: "reaction", from: { id: user }, target: 1, emoji, on: true });
  return { rig, alice, react, reactAs };
}

const conflict = { ok: false, error: { code: "CONFLICT", retryable: false } };

test("a message takes so many different emoji; beyond, those that are there go on, and each can be taken back", async () => {
  const { rig, react, reactAs } = await roomWithOneMessage();
  expect(await react("mine")).toMatchObject({ ok: true });
  for (let i = 1; i < limits.reactionEmojis; i++) await reactAs("bob", `e${i}`);
  expect(await react("one too many")).toMatchObject(conflict);
  expect(await react("constructor")).toMatchObject(conflict);
  expect(await react("e1")).toMatchObject({ ok: true });
  expect(await react("one too many", false)).toMatchObject({ ok: true });
  expect(await react("mine", false)).toMatchObject({ ok: true });
  await rig.flush();
  expect(await react("another")).toMatchObject({ ok: true });
});

test("a message takes so many reactions in all; beyond, one that is there can be repeated and taken back", async () => {
  const { react, reactAs } = await roomWithOneMessage();
  expect(await react("👍")).toMatchObject({ ok: true });
  for (let i = 1; i < limits.reactions; i++) await reactAs(`user${i}`, i % 2 === 0 ? "👍" : "🎉");
  expect(await react("🎉")).toMatchObject(conflict);
  expect(await react("👍")).toMatchObject({ ok: true });
  expect(await react("👍", false)).toMatchObject({ ok: true });
  expect(await react("🎉")).toMatchObject({ ok: true });
});

test("a change that is over the room's rate is refused before its message is looked for", async () => {
  const { rig, alice, react } = await roomWithOneMessage({ limits: { roomRate: { ratePerSecond: 1, burst: 1 } } });
  expect(await react("👍")).toMatchObject({ ok: true });
  let reads = 0;
  const range = rig.log.range.bind(rig.log);
  rig.log.range = (...query) => {
    reads++;
    return range(...query);
  };
  const about = { room: "r", id: "c", target: 1 };
  for (const answer of [
    await react("🎉"),
    await alice.ask("message:edit", { ...about, text: "y" }),
    await alice.ask("message:delete", about),
  ]) {
    expect(answer).toMatchObject({ error: { code: "RATE_LIMITED", retryAfterMs: 1_000 } });
  }
  expect(reads).toBe(0);
  await rig.clock.advance(1_000);
  expect(await alice.ask("message:edit", { ...about, text: "y" })).toMatchObject({ ok: true });
});

test("an id that a message was sent with changes nothing: a delete, an edit, a reaction and another text are conflicts", async () => {
  const { rig, alice } = await roomWithOneMessage();
  const sent = { room: "r", id: "one", text: "hello" };
  expect(await alice.ask("message:send", sent)).toMatchObject({ ok: true, seq: 2 });
  const about = { room: "r", id: "one", target: 2 };
  for (const answer of [
    await alice.ask("message:delete", about),
    await alice.ask("message:edit", { ...about, text: "hello" }),
    await alice.ask("message:react", { ...about, emoji: "👍", on: true }),
    await alice.ask("message:send", { ...sent, text: "another" }),
  ]) {
    expect(answer).toMatchObject(conflict);
  }
  expect((await rig.log.head("r")).seq).toBe(2);
  expect(await alice.ask("message:send", sent)).toMatchObject({ ok: true, seq: 2, duplicate: true });
});

test("a retry of a change is answered as the first time, and the same id for another change is a conflict", async () => {
  const { alice } = await roomWithOneMessage();
  const reaction = { room: "r", id: "x", target: 1, emoji: "👍", on: true };
  const edit = { room: "r", id: "e", target: 1, text: "new" };
  for (const [event, request, other] of [
    ["message:react", reaction, { ...reaction, on: false }],
    ["message:edit", edit, { ...edit, text: "newer" }],
  ] as const) {
    const first = await alice.ask(event, request);
    expect(await alice.ask(event, request)).toEqual({ ...first, duplicate: true });
    expect(await alice.ask(event, other)).toMatchObject(conflict);
  }
});
