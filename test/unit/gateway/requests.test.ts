import { describe, expect, test } from "vitest";
import { createRig } from "./gateway-rig.ts";

async function joined(user = "alice", rig = createRig()) {
  const client = rig.open(user);
  await client.ask("room:join", { room: "r" });
  return { rig, client };
}

describe("sending", () => {
  test("answers with the place, and a retry answers the same and stores nothing twice", async () => {
    const { rig, client } = await joined();
    await rig.append("r", "m0");
    const message = { room: "r", id: "m1", text: "hello", meta: { color: "red" }, replyTo: 1, mentions: ["bob"] };
    const first = await client.ask("message:send", message);
    expect(first).toMatchObject({ ok: true, id: "m1", epoch: "1", seq: 2, durability: "fast" });
    expect(await client.ask("message:send", message)).toEqual({ ...first, duplicate: true });
    await rig.clock.advance(20);
    expect(client.entries).toMatchObject([{ seq: 1 }, { ...message, from: { id: "alice" }, seq: 2 }]);
    expect((await rig.log.head("r")).seq).toBe(2);
  });

  test("needs a join and the right to write", async () => {
    const { rig, client } = await joined();
    expect(await client.ask("message:send", { room: "other", id: "m", text: "x" })).toMatchObject({
      error: { code: "NOT_IN_ROOM" },
    });
    const reader = rig.open("bob", { grants: [{ room: "r", can: ["read"] }] });
    await reader.ask("room:join", { room: "r" });
    expect(await reader.ask("message:send", { room: "r", id: "m", text: "x" })).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
  });

  test("a reply names a message of the room, in the log or in the store; anything else is NOT_FOUND and nothing is written", async () => {
    const { rig, client } = await joined("alice", createRig({ tail: 1 }));
    await rig.append("r", "old");
    await rig.append("r", "edit", { kind: "edit", target: 1, text: "new" });
    await rig.append("r", "deleted");
    await rig.flush();
    await rig.append("r", "d", { kind: "delete", target: 3 });
    const reply = (id: string, replyTo: number) => client.ask("message:send", { room: "r", id, text: "x", replyTo });
    for (const other of [2, 4, 5, 99])
      expect(await reply("none", other)).toMatchObject({ error: { code: "NOT_FOUND" } });
    expect((await rig.log.head("r")).seq).toBe(4);
    expect(await reply("to-old", 1)).toMatchObject({ ok: true, seq: 5 });
    expect(await reply("to-deleted", 3)).toMatchObject({ ok: true, seq: 6 });
    expect(await reply("to-new", 5)).toMatchObject({ ok: true, seq: 7 });
  });

  test("keeps the order of one client's sends that wait for no answer", async () => {
    const { client } = await joined();
    const sends = Array.from({ length: 15 }, (_, i) =>
      client.ask("message:send", { room: "r", id: `m${i}`, text: "x" }),
    );
    expect((await Promise.all(sends)).map((answer) => answer?.ok === true && answer.seq)).toEqual(
      Array.from({ length: 15 }, (_, i) => i + 1),
    );
  });

  test.each(["stored", "safe"])("with durability %s waits until the message is in the store", async (durability) => {
    const { rig, client } = await joined();
    let answer: unknown;
    const waiting = client.ask("message:send", { room: "r", id: "m", text: "x", durability });
    void waiting.then((value) => (answer = value));
    await rig.clock.advance(100);
    expect(answer).toBeUndefined();
    await rig.flush();
    expect(await waiting).toMatchObject({ ok: true, durability: "stored" });
  });

  test("with durability stored is answered also where the client leaves the room meanwhile", async () => {
    const { rig, client } = await joined();
    const waiting = client.ask("message:send", { room: "r", id: "m", text: "x", durability: "stored" });
    await client.ask("room:leave", { room: "r" });
    await rig.clock.advance(5_000);
    expect(rig.gateway.activeRooms()).toEqual(["r"]);
    await rig.flush();
    expect(await waiting).toMatchObject({ ok: true, durability: "stored" });
    await rig.clock.advance(5_000);
    expect(rig.gateway.activeRooms()).toEqual([]);
  });

  test("waits for the store where the deployment says so, whatever was asked", async () => {
    const { rig, client } = await joined("alice", createRig({ durability: "stored" }));
    const waiting = client.ask("message:send", { room: "r", id: "m", text: "x", durability: "fast" });
    await rig.clock.advance(10);
    await rig.flush();
    expect(await waiting).toMatchObject({ ok: true, durability: "stored" });
  });

  test("and changing have their time to be stored after the time to be appended", async () => {
    const { rig, client } = await joined("alice", createRig({ durability: "stored" }));
    await rig.append("r", "m", { from: { id: "alice" } });
    await rig.flush();
    const append = rig.log.append.bind(rig.log);
    rig.log.append = async (entry) => {
      await rig.clock.sleep(6_000);
      return append(entry);
    };
    const about = { room: "r", target: 1 };
    const waiting = [
      client.ask("message:send", { room: "r", id: "m2", text: "x" }),
      client.ask("message:edit", { ...about, id: "e", text: "y" }),
      client.ask("message:react", { ...about, id: "x", emoji: "👍", on: true }),
      client.ask("message:delete", { ...about, id: "d" }),
    ];
    await rig.clock.advance(14_000);
    await rig.flush();
    for (const answer of await Promise.all(waiting)) expect(answer).toMatchObject({ ok: true, durability: "stored" });
  });

  test("that is not stored in time is a TIMEOUT, and the retry waits for the same message", async () => {
    const { rig, client } = await joined();
    const message = { room: "r", id: "m", text: "x", durability: "stored" };
    const waiting = client.ask("message:send", message);
    await rig.clock.advance(10_000);
    expect(await waiting).toMatchObject({ error: { code: "TIMEOUT", retryable: true } });
    const again = client.ask("message:send", message);
    await rig.clock.advance(10);
    await rig.flush();
    expect(await again).toMatchObject({ ok: true, seq: 1, duplicate: true, durability: "stored" });
  });

  test("into a log that does not answer ends in a TIMEOUT; a fault of ours is INTERNAL and keeps its text", async () => {
    const { rig, client } = await joined();
    rig.log.append = () => new Promise(() => {});
    const waiting = client.ask("message:send", { room: "r", id: "m", text: "x" });
    await rig.clock.advance(20_000);
    expect(await waiting).toMatchObject({ error: { code: "TIMEOUT" } });
    rig.log.append = () => Promise.reject(new Error("the secret is 42"));
    const answer = await client.ask("message:send", { room: "r", id: "m2", text: "x" });
    expect(answer).toEqual({ ok: false, error: { code: "INTERNAL", message: "internal error", retryable: true } });
  });
});

describe("changing", () => {
  test("the claim `admin` alone deletes and edits nothing of others", async () => {
    const { rig } = await joined("bob");
    await rig.append("r", "m", { from: { id: "bob" } });
    const admin = rig.open("root", { admin: true });
    await admin.ask("room:join", { room: "r" });
    const about = { room: "r", id: "c", target: 1 };
    expect(await admin.ask("message:delete", about)).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(await admin.ask("message:edit", { ...about, text: "y" })).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect((await rig.log.head("r")).seq).toBe(1);
  });

  test("needs the right to write, whoever wrote the message", async () => {
    const { rig } = await joined("bob");
    await rig.append("r", "m", { from: { id: "reader" } });
    const reader = rig.open("reader", { grants: [{ room: "r", can: ["read", "moderate"] }] });
    await reader.ask("room:join", { room: "r" });
    const about = { room: "r", id: "c", target: 1 };
    for (const [event, more] of [
      ["message:edit", { text: "y" }],
      ["message:delete", {}],
      ["message:react", { emoji: "👍", on: true }],
    ] as const) {
      expect(await reader.ask(event, { ...about, ...more })).toMatchObject({ error: { code: "FORBIDDEN" } });
    }
    expect((await rig.log.head("r")).seq).toBe(1);
  });

  test("only the author edits; author and moderator delete; a deleted message takes no more changes", async () => {
    const rig = createRig();
    const { client: alice } = await joined("alice", rig);
    const { client: bob } = await joined("bob", rig);
    const moderator = rig.open("mo", { grants: [{ room: "r", can: ["read", "write", "moderate"] }] });
    await moderator.ask("room:join", { room: "r" });
    await alice.ask("message:send", { room: "r", id: "m", text: "x" });
    const edit = { room: "r", id: "e", target: 1, text: "y" };
    for (const other of [bob, moderator]) {
      expect(await other.ask("message:edit", edit)).toMatchObject({ error: { code: "FORBIDDEN" } });
    }
    expect(await alice.ask("message:edit", edit)).toMatchObject({ ok: true, seq: 2 });
    expect(await bob.ask("message:react", { room: "r", id: "x", target: 1, emoji: "👍", on: true })).toMatchObject({
      ok: true,
      seq: 3,
    });
    expect(await bob.ask("message:delete", { room: "r", id: "d", target: 1 })).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
    expect(await moderator.ask("message:delete", { room: "r", id: "d", target: 1 })).toMatchObject({
      ok: true,
      seq: 4,
    });
    expect(await alice.ask("message:edit", { ...edit, id: "e2" })).toMatchObject({ error: { code: "CONFLICT" } });
    expect(await bob.ask("message:react", { room: "r", id: "x2", target: 1, emoji: "👍", on: false })).toMatchObject({
      error: { code: "CONFLICT" },
    });
    expect(await alice.ask("message:delete", { room: "r", id: "d2", target: 1 })).toMatchObject({
      error: { code: "CONFLICT" },
    });
    const page = await alice.ask("history:get", { room: "r" });
    expect(page).toMatchObject({
      entries: [{ seq: 1, deleted: { by: "mo" }, reactions: { "👍": ["bob"] } }],
      more: false,
    });
    expect(page?.ok === true && page.entries[0]).not.toHaveProperty("text");
  });

  test.each([false, true])("a retried delete gets its first answer (stored: %s)", async (stored) => {
    const { rig, client } = await joined("alice", createRig({ tail: 0 }));
    await client.ask("message:send", { room: "r", id: "m", text: "x" });
    const first = await client.ask("message:delete", { room: "r", id: "d", target: 1 });
    if (stored) await rig.flush();
    expect(await client.ask("message:delete", { room: "r", id: "d", target: 1 })).toEqual({
      ...first,
      duplicate: true,
    });
  });

  test("what is no message can't be changed", async () => {
    const { client } = await joined();
    await client.ask("message:send", { room: "r", id: "m", text: "x" });
    await client.ask("message:edit", { room: "r", id: "e", target: 1, text: "y" });
    for (const target of [2, 3, 999]) {
      expect(await client.ask("message:edit", { room: "r", id: "e2", target, text: "y" })).toMatchObject({
        error: { code: "NOT_FOUND" },
      });
    }
  });
});

describe("a token", () => {
  test("can be replaced in place by one of the same user", async () => {
    const rig = createRig();
    const alice = rig.open("alice", { expiresAt: rig.clock.now() + 10_000 });
    expect(await alice.ask("auth:refresh", { token: "bob" })).toMatchObject({ error: { code: "FORBIDDEN" } });
    expect(await alice.ask("auth:refresh", { token: "alice" })).toMatchObject({
      ok: true,
      exp: rig.clock.now() + 3_600_000,
    });
    await rig.clock.advance(60_000);
    expect(alice.closed()).toBe(false);
  });

  test("that allows less takes its user out of the rooms that it no longer covers", async () => {
    const { rig, client } = await joined();
    await client.ask("room:join", { room: "s" });
    await client.ask("auth:refresh", { token: "alice!s" });
    expect(client.pushes).toContainEqual({ event: "room:removed", payload: { room: "r", reason: "grant" } });
    await rig.append("r", "m1");
    await rig.append("s", "m2");
    await rig.clock.advance(20);
    expect(client.entries).toMatchObject([{ room: "s" }]);
    expect(await client.ask("message:send", { room: "s", id: "m", text: "x" })).toMatchObject({
      error: { code: "FORBIDDEN" },
    });
  });
});
