import { expect, test } from "vitest";
import type { TokenVerifier } from "../../src/gateway/ports.ts";
import { clockSkewMs } from "../../src/protocol/token-claims.ts";
import { startGateway } from "../harness/gateway-fixture.ts";
import { until } from "../harness/until.ts";

test("a message goes from one client to the other, and to its sender, by the log", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice");
  const bob = await fixture.connect("bob", { path: "/socket.io", transports: ["polling"] });
  for (const client of [alice, bob])
    expect(await client.request("room:join", { room: "r" })).toMatchObject({ ok: true });
  const sent = await alice.request("message:send", { room: "r", id: "m1", text: "hello" });
  expect(sent).toMatchObject({ ok: true, id: "m1", seq: 1, durability: "fast" });
  for (const client of [alice, bob]) {
    await until(() => client.entries.length > 0);
    expect(client.entries).toMatchObject([{ seq: 1, text: "hello", from: { id: "alice" }, kind: "message" }]);
  }
});

test("every client gets the same order while a hundred messages cross, in fewer frames than messages", async () => {
  await using fixture = await startGateway();
  const clients = [await fixture.connect("alice"), await fixture.connect("bob"), await fixture.connect("carol")];
  for (const client of clients) await client.request("room:join", { room: "r" });
  await Promise.all(
    clients.flatMap((client, c) =>
      Array.from({ length: 40 }, (_, i) => client.request("message:send", { room: "r", id: `c${c}-${i}`, text: "x" })),
    ),
  );
  await until(() => clients.every(({ entries }) => entries.length === 120));
  for (const client of clients) {
    expect(client.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: 120 }, (_, i) => i + 1));
    expect(client.pushes("messages").length).toBeLessThan(60);
  }
});

test("a client that begins with polling upgrades, keeps its rooms, and is counted by its transport", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice", { path: "/socket.io", transports: ["polling", "websocket"] });
  await alice.request("room:join", { room: "r" });
  await until(() => alice.socket.io.engine.transport.name === "websocket");
  const bob = await fixture.connect("bob", { path: "/socket.io", transports: ["polling"] });
  await bob.request("room:join", { room: "r" });
  await bob.request("message:send", { room: "r", id: "m", text: "x" });
  await until(() => alice.entries.length === 1);
  await until(async () => {
    const { text } = await fixture.metrics.scrape();
    return ["websocket", "polling"].every((name) => text.includes(`weir_connections{transport="${name}"} 1`));
  });
});

test("a polling client whose header has the token needs no other", async () => {
  await using fixture = await startGateway();
  const headers = { Authorization: `Bearer ${await fixture.token({ sub: "alice" })}` };
  const options = { path: "/socket.io", transports: ["polling"], extraHeaders: headers, auth: {} };
  const alice = await fixture.connect("nobody", options);
  await alice.request("room:join", { room: "r" });
  await alice.request("message:send", { room: "r", id: "m", text: "x" });
  await until(() => alice.entries.length === 1);
  expect(alice.entries).toMatchObject([{ from: { id: "alice" } }]);
});

test("a connection ends with its token, as a transport that closes, so that the client comes back by itself", async () => {
  const almostOver = Date.now() - clockSkewMs + 1_000;
  const grants = [{ room: "**", can: ["read"] }] as const;
  const verify: TokenVerifier["verify"] = async (id) => ({ id, grants, admin: false, expiresAt: almostOver });
  await using fixture = await startGateway({ verifier: { verify } });
  const alice = await fixture.connect("alice", { auth: { token: "alice" } });
  const reason = await new Promise<string>((resolve) => alice.socket.once("disconnect", (why) => resolve(why)));
  expect(reason).toBe("transport close");
  expect(alice.pushes("auth:expiring")).toHaveLength(1);
});

test("a client that comes back says where it was and gets exactly what it missed, changes included", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice");
  const bob = await fixture.connect("bob");
  for (const client of [alice, bob]) await client.request("room:join", { room: "r" });
  await alice.request("message:send", { room: "r", id: "m1", text: "one" });
  await until(() => bob.entries.length === 1);
  bob.socket.disconnect();
  await alice.request("message:send", { room: "r", id: "m2", text: "two" });
  await alice.request("message:edit", { room: "r", id: "e1", target: 1, text: "ONE" });
  const back = await fixture.connect("bob");
  const answer = await back.request("room:join", { room: "r", after: { epoch: "1", seq: 1 } });
  expect(answer).toMatchObject({
    ok: true,
    head: { seq: 3 },
    entries: [
      { seq: 2, text: "two" },
      { seq: 3, kind: "edit", target: 1, text: "ONE" },
    ],
  });
  expect(answer).not.toHaveProperty("gap");
  await alice.request("message:send", { room: "r", id: "m3", text: "three" });
  await until(() => back.entries.length > 0);
  expect(back.entries.map(({ seq }) => seq)).toEqual([4]);
});

test("nobody gets a message of a room that he is not in", async () => {
  await using fixture = await startGateway();
  const rooms = ["a", "a:b", "a/b", "b"];
  const clients = await Promise.all(rooms.map((room) => fixture.connect(`user-${room.length}${room.at(-1)}`)));
  await Promise.all(clients.map((client, i) => client.request("room:join", { room: rooms[i] })));
  await Promise.all(
    clients.map((client, i) => client.request("message:send", { room: rooms[i], id: `m${i}`, text: "x" })),
  );
  await until(() => clients.every(({ entries }) => entries.length > 0));
  expect(clients.map(({ entries }) => entries.map(({ room }) => room))).toEqual(rooms.map((room) => [room]));
});
