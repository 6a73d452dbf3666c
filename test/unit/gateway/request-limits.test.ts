import { describe, expect, test } from "vitest";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { createRig } from "./gateway-rig.ts";

async function joined(user = "alice", rig = createRig()) {
  const client = rig.open(user);
  await client.ask("room:join", { room: "r" });
  return { rig, client };
}

describe("limits", () => {
  test("a user has one burst over all its connections, and is told when to come back", async () => {
    const rig = createRig();
    const { client: one } = await joined("alice", rig);
    const { client: two } = await joined("alice", rig);
    const send = (i: number) => (i % 2 ? one : two).ask("message:send", { room: "r", id: `m${i}`, text: "x" });
    for (let i = 0; i < 20; i++) expect(await send(i)).toMatchObject({ ok: true });
    expect(await send(20)).toMatchObject({ error: { code: "RATE_LIMITED", retryable: true, retryAfterMs: 200 } });
    await rig.clock.advance(200);
    expect(await send(20)).toMatchObject({ ok: true });
  });

  test("a room takes so many a second from all its users", async () => {
    const rig = createRig({ limits: { roomRate: { ratePerSecond: 10, burst: 3 } } });
    const clients = await Promise.all(["a", "b", "c", "d"].map(async (user) => (await joined(user, rig)).client));
    const answers = await Promise.all(
      clients.map((client) => client.ask("message:send", { room: "r", id: "m", text: "x" })),
    );
    expect(answers.map((answer) => answer?.ok)).toEqual([true, true, true, false]);
  });

  test("joins are counted apart from other requests", async () => {
    const rig = createRig({ limits: { joinRate: { ratePerSecond: 10, burst: 2 } } });
    const alice = rig.open("alice");
    for (const room of ["a", "b"]) expect(await alice.ask("room:join", { room })).toMatchObject({ ok: true });
    expect(await alice.ask("room:join", { room: "c" })).toMatchObject({ error: { retryAfterMs: 100 } });
    expect(await alice.ask("message:send", { room: "a", id: "m", text: "x" })).toMatchObject({ ok: true });
  });

  test("leaves are counted apart, rubbish too, so that who may do nothing more can still leave", async () => {
    const limits = { userRate: { ratePerSecond: 1, burst: 1 }, leaveRate: { ratePerSecond: 10, burst: 3 } };
    const { client } = await joined("alice", createRig({ limits }));
    for (let i = 0; i < 2; i++) await client.ask("message:send", { room: "r", id: `m${i}`, text: "x" });
    expect(await client.ask("room:leave", { room: "r" })).toMatchObject({ ok: true });
    for (let i = 0; i < 2; i++) {
      expect(await client.ask("room:leave", { rubbish: [] })).toMatchObject({ error: { code: "BAD_REQUEST" } });
    }
    expect(await client.ask("room:leave", { rubbish: [] })).toMatchObject({ error: { retryAfterMs: 100 } });
  });

  test("a connection has so many requests under way and no more", async () => {
    const { rig, client } = await joined("alice", createRig({ limits: { inFlight: 3 } }));
    rig.log.append = () => new Promise(() => {});
    const sends = [1, 2, 3].map((i) => client.ask("message:send", { room: "r", id: `m${i}`, text: "x" }));
    expect(await client.ask("message:send", { room: "r", id: "m4", text: "x" })).toMatchObject({
      error: { code: "RATE_LIMITED" },
    });
    await rig.clock.advance(20_000);
    await Promise.all(sends);
  });

  test.each([
    ["user", "message:send", { room: "r", id: "m", text: "x" }],
    ["join", "room:join", { room: "r" }],
    ["leave", "room:leave", { room: "s" }],
    ["history", "history:get", { room: "r" }],
    ["receipt", "receipt", { room: "r", seq: 1 }],
  ] as const)("a refusal by the limit %s raises its counter", async (limit, event, request) => {
    const metrics = createMetrics({ processMetrics: false });
    const rate = { ratePerSecond: 1, burst: 2 };
    const limits = { userRate: rate, joinRate: rate, leaveRate: rate, historyRate: rate, receiptRate: rate };
    const { client } = await joined("alice", createRig({ metrics, limits }));
    for (let i = 0; i < 3; i++) await client.session.handle(event, request);
    const refusals = limit === "join" ? 2 : 1;
    expect((await metrics.scrape()).text).toContain(`weir_rate_limited_total{limit="${limit}"} ${refusals}`);
  });

  test("a refusal by the number of requests under way, or by the room, raises its counter", async () => {
    const metrics = createMetrics({ processMetrics: false });
    const limits = { inFlight: 1, roomRate: { ratePerSecond: 1, burst: 1 } };
    const { rig, client } = await joined("alice", createRig({ metrics, limits }));
    const send = (id: string) => client.ask("message:send", { room: "r", id, text: "x" });
    await send("m1");
    await send("m2");
    rig.log.head = () => new Promise(() => {});
    void client.ask("history:get", { room: "r" });
    await send("m3");
    const { text } = await metrics.scrape();
    expect(text).toContain('weir_rate_limited_total{limit="room"} 1');
    expect(text).toContain('weir_rate_limited_total{limit="in_flight"} 1');
  });

  test("rubbish costs as much as sense", async () => {
    const { client } = await joined();
    for (let i = 0; i < 20; i++) await client.session.handle("nonsense", {});
    expect(await client.session.handle("nonsense", {})).toMatchObject({ error: { code: "RATE_LIMITED" } });
  });
});

describe("receipts", () => {
  test("for a room that one is not in, or may not read, are refused, and nothing of them is kept", async () => {
    const metrics = createMetrics({ processMetrics: false });
    const { rig } = await joined("bob", createRig({ metrics }));
    const alice = rig.open("alice");
    await alice.session.handle("receipt", { room: "r", seq: 1 });
    const stranger = rig.open("carol", { grants: [{ room: "other", can: ["read"] }] });
    await stranger.session.handle("receipt", { room: "r", seq: 1 });
    for (let i = 0; i < 10; i++) await rig.append("r", `m${i}`);
    for (const client of [alice, stranger]) {
      expect(client.session.unconfirmedFor(5)).toBe(0);
      await rig.clock.advance(20_000);
      expect(client.session.unconfirmedFor(5)).toBe(0);
    }
    const { text } = await metrics.scrape();
    expect(text).toContain('weir_requests_total{event="receipt",result="NOT_IN_ROOM"} 1');
    expect(text).toContain('weir_requests_total{event="receipt",result="FORBIDDEN"} 1');
  });

  test("that are too many are lost, and cost their sender neither its connection nor its requests", async () => {
    const limits = {
      receiptRate: { ratePerSecond: 1, burst: 1 },
      insistence: { tolerated: { ratePerSecond: 1, burst: 2 }, slowBelow: 1 },
    };
    const { rig, client } = await joined("alice", createRig({ limits }));
    for (let seq = 0; seq < 100; seq++) await client.session.handle("receipt", { room: "r", seq });
    await rig.clock.advance(100);
    expect(client.closed()).toBe(false);
    const sent = client.ask("message:send", { room: "r", id: "m", text: "x" });
    await rig.clock.advance(0);
    expect(await sent).toMatchObject({ ok: true });
  });

  test("have no answer, right or wrong, and cost no requests", async () => {
    const { client } = await joined();
    for (let seq = 0; seq < 50; seq++)
      expect(await client.session.handle("receipt", { room: "r", seq })).toBeUndefined();
    expect(await client.session.handle("receipt", { room: {} })).toBeUndefined();
    expect(await client.ask("message:send", { room: "r", id: "m", text: "x" })).toMatchObject({ ok: true });
  });
});
