import { describe, expect, test } from "vitest";
import { joined, moderator, policyRig } from "./policy-rig.ts";

describe("slow mode", () => {
  test("lets a user send one message in each interval and says how long the next waits", async () => {
    const rig = await policyRig({ slow: { slowModeSeconds: 30 } });
    const ada = await joined(rig, "ada");
    const bob = await joined(rig, "bob");
    expect(await ada.send("1")).toMatchObject({ ok: true });
    await rig.clock.advance(10_000);
    expect(await ada.send("2")).toMatchObject({ error: { code: "SLOW_MODE", retryable: true, retryAfterMs: 20_000 } });
    expect(await bob.send("1")).toMatchObject({ ok: true });
    await rig.clock.advance(20_000);
    expect(await ada.send("2")).toMatchObject({ ok: true });
    expect(await rig.refusals("slow_mode")).toBe("1");
  });

  test("does not hold back the retry of a message, nor edits, reactions and deletes", async () => {
    const rig = await policyRig({ slow: { slowModeSeconds: 30 } });
    const ada = await joined(rig, "ada");
    expect(await ada.send("1")).toMatchObject({ ok: true, seq: 1 });
    expect(await ada.send("1")).toMatchObject({ ok: true, seq: 1, duplicate: true });
    expect(await ada.ask("message:edit", { room: "r", id: "e", target: 1, text: "y" })).toMatchObject({ ok: true });
    expect(await ada.ask("message:react", { room: "r", id: "f", target: 1, emoji: "👍", on: true })).toMatchObject({
      ok: true,
    });
    expect(await ada.ask("message:delete", { room: "r", id: "d", target: 1 })).toMatchObject({ ok: true });
  });

  test("is not for those who moderate", async () => {
    const rig = await policyRig({ slow: { slowModeSeconds: 30 } });
    const mod = await joined(rig, "mod", "r", moderator);
    expect(await mod.send("1")).toMatchObject({ ok: true });
    expect(await mod.send("2")).toMatchObject({ ok: true });
  });
});

describe("rates", () => {
  test("of a room and of a user in it are the policy's", async () => {
    const rig = await policyRig({
      general: { rate: { perSecond: 1, burst: 3 } },
      strict: { rooms: ["quiet"], userRate: { perSecond: 1, burst: 1 } },
    });
    const ada = await joined(rig, "ada");
    const answers = await Promise.all(["1", "2", "3", "4"].map((id) => ada.send(id)));
    expect(answers.map((answer) => answer?.ok)).toEqual([true, true, true, false]);
    expect(answers.at(-1)).toMatchObject({ error: { code: "RATE_LIMITED", retryAfterMs: 1_000 } });
    const quiet = await joined(rig, "ada", "quiet");
    const other = await joined(rig, "bob", "quiet");
    expect(await quiet.send("1")).toMatchObject({ ok: true });
    expect(await quiet.send("2")).toMatchObject({ error: { code: "RATE_LIMITED" } });
    expect(await other.send("1")).toMatchObject({ ok: true });
    expect([await rig.refusals("rate"), await rig.refusals("user_rate")]).toEqual(["1", "1"]);
  });

  test("differ from room to room, and a rate that changes holds at once", async () => {
    const rig = await policyRig({
      general: { rate: { perSecond: 1, burst: 1 } },
      busy: { rooms: ["busy"], rate: { perSecond: 1, burst: 3 } },
    });
    const refused = async (client: Awaited<ReturnType<typeof joined>>, id: string): Promise<number> => {
      const answers = await Promise.all(["1", "2", "3", "4"].map((n) => client.send(`${id}${n}`)));
      return answers.filter((answer) => answer?.ok === false).length;
    };
    const quiet = await joined(rig, "ada");
    const busy = await joined(rig, "ada", "busy");
    expect([await refused(quiet, "a"), await refused(busy, "a")]).toEqual([3, 1]);
    await rig.apply({ general: { rate: { perSecond: 1, burst: 2 } } });
    expect([await refused(quiet, "b"), await refused(busy, "b")]).toEqual([2, 2]);
  });

  test("without a policy are the deployment's, and are not called a policy's", async () => {
    const rig = await policyRig();
    const ada = await joined(rig, "ada");
    for (let i = 1; i <= 100; i++) expect(await ada.send(`m${i}`)).toMatchObject({ ok: true });
    expect(await ada.send("m101")).toMatchObject({ error: { code: "RATE_LIMITED" } });
    expect(await rig.refusals("rate")).toBe("0");
  });
});

test("a text may be as long as the policy says, shorter or longer than the deployment's", async () => {
  const rig = await policyRig({ short: { textMaxBytes: 3 }, long: { rooms: ["long"], textMaxBytes: 20_000 } });
  const ada = await joined(rig, "ada");
  expect(await ada.send("1", "abc")).toMatchObject({ ok: true });
  expect(await ada.send("2", "äb")).toMatchObject({ ok: true });
  expect(await ada.send("3", "abcd")).toMatchObject({ error: { code: "TOO_LARGE", message: "text is over 3 bytes" } });
  expect(await ada.ask("message:edit", { room: "r", id: "e", target: 1, text: "abcd" })).toMatchObject({
    error: { code: "TOO_LARGE" },
  });
  const long = await joined(rig, "ada", "long");
  expect(await long.send("1", "x".repeat(20_000))).toMatchObject({ ok: true });
  expect(await long.send("2", "x".repeat(20_001))).toMatchObject({ error: { code: "TOO_LARGE" } });
  expect(await rig.refusals("size")).toBe("3");
});

describe("a limit of members", () => {
  test("counts users, not connections, and a place is free when its user leaves", async () => {
    const rig = await policyRig({ few: { maxMembers: 2 } });
    const ada = await joined(rig, "ada");
    await joined(rig, "ada");
    await joined(rig, "bob");
    const carol = rig.open("carol");
    expect(await carol.ask("room:join", { room: "r" })).toMatchObject({
      error: { code: "ROOM_FULL", retryable: true, retryAfterMs: 5_000 },
    });
    expect(await rig.refusals("members")).toBe("1");
    await ada.ask("room:leave", { room: "r" });
    expect(await carol.ask("room:join", { room: "r" })).toMatchObject({ ok: true });
  });

  test("keeps the place of one whose connection broke for half a minute, and of those who are here for as long as they are", async () => {
    const rig = await policyRig({ few: { maxMembers: 2 } });
    const ada = await joined(rig, "ada");
    await joined(rig, "bob");
    ada.session.close();
    await rig.clock.advance(29_000);
    const carol = rig.open("carol");
    expect(await carol.ask("room:join", { room: "r" })).toMatchObject({ error: { code: "ROOM_FULL" } });
    await rig.clock.advance(2_000);
    expect(await carol.ask("room:join", { room: "r" })).toMatchObject({ ok: true });
    await rig.clock.advance(120_000);
    expect(await rig.open("dan").ask("room:join", { room: "r" })).toMatchObject({ error: { code: "ROOM_FULL" } });
  });

  test("that is new turns nobody out, counts who is in at once, and lets them come back", async () => {
    const rig = await policyRig();
    const ada = await joined(rig, "ada");
    await joined(rig, "bob");
    await rig.apply({ few: { maxMembers: 1 } });
    expect(await rig.open("carol").ask("room:join", { room: "r" })).toMatchObject({ error: { code: "ROOM_FULL" } });
    expect(await ada.ask("room:join", { room: "r" })).toMatchObject({ ok: true });
    expect(await ada.send("1")).toMatchObject({ ok: true });
  });
});

describe("who may create a room", () => {
  test.each([
    ["nobody", false, false],
    ["moderators", false, true],
    ["anyone", true, true],
  ] as const)("%s: the others can't join one that does not exist", async (create, others, moderators) => {
    const rig = await policyRig({ closed: { create } });
    const join = (user: string, principal?: typeof moderator) =>
      rig.open(user, principal).ask("room:join", { room: "r" });
    expect(await join("ada")).toMatchObject(others ? { ok: true } : { error: { code: "FORBIDDEN" } });
    expect(await join("mod", moderator)).toMatchObject(moderators ? { ok: true } : { error: { code: "FORBIDDEN" } });
  });

  test("a room exists from its first entry on, for everyone; who had joined before the policy can't write that entry", async () => {
    const rig = await policyRig();
    const ada = await joined(rig, "ada");
    const mod = await joined(rig, "mod", "r", moderator);
    await rig.apply({ closed: { create: "moderators" } });
    expect(await ada.send("1")).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(await mod.send("1")).toMatchObject({ ok: true });
    expect(await ada.send("2")).toMatchObject({ ok: true });
    await joined(rig, "bob");
    expect(await rig.refusals("create")).toBe("1");
  });
});

test("where typing is off nobody sees it, and whoever types is told nothing bad", async () => {
  const rig = await policyRig({ still: { rooms: ["r"], ephemeral: { typing: false } } });
  const ada = await joined(rig, "ada");
  const bob = await joined(rig, "bob");
  expect(await ada.ask("typing:set", { room: "r", on: true })).toEqual({ ok: true });
  expect(bob.pushes.filter(({ event }) => event === "typing")).toEqual([]);
  const [carol, dan] = [await joined(rig, "carol", "loud"), await joined(rig, "dan", "loud")];
  await carol.ask("typing:set", { room: "loud", on: true });
  expect(dan.pushes.filter(({ event }) => event === "typing")).toHaveLength(1);
});

describe("the policy of a room", () => {
  test("comes with the join, and what does not hold is not mentioned", async () => {
    const rig = await policyRig({
      all: {
        rooms: ["all"],
        rate: { perSecond: 2, burst: 2 },
        userRate: { perSecond: 1, burst: 4 },
        slowModeSeconds: 5,
        retentionSeconds: 60,
        textMaxBytes: 10,
        maxMembers: 3,
        ephemeral: { typing: false },
      },
    });
    const client = rig.open("ada");
    expect(await client.ask("room:join", { room: "all" })).toMatchObject({
      policy: {
        textBytes: 10,
        ratePerSecond: 1,
        burst: 4,
        slowModeSeconds: 5,
        retentionSeconds: 60,
        maxMembers: 3,
        typing: false,
      },
    });
    const answer = await client.ask("room:join", { room: "other" });
    expect(answer?.ok === true && answer.policy).toEqual({ textBytes: 8_192, ratePerSecond: 50, burst: 1_000 });
  });

  test("is told to members when it changes, to them alone and once, and holds in rooms that were joined before", async () => {
    const rig = await policyRig();
    const ada = await joined(rig, "ada");
    const bob = await joined(rig, "bob", "other");
    await rig.apply({ slow: { rooms: ["r"], slowModeSeconds: 5 } });
    await rig.apply({ slow: { rooms: ["r", "x"], slowModeSeconds: 5 } });
    const news = (client: typeof ada) => client.pushes.filter(({ event }) => event === "room:policy");
    expect(news(ada)).toMatchObject([{ payload: { room: "r", policy: { slowModeSeconds: 5 } } }]);
    expect(news(bob)).toEqual([]);
    await ada.send("1");
    expect(await ada.send("2")).toMatchObject({ error: { code: "SLOW_MODE" } });
    await rig.apply({});
    expect(await ada.send("3")).toMatchObject({ ok: true });
    expect(news(ada)).toHaveLength(2);
  });
});
