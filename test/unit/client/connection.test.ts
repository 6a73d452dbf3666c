import { expect, test } from "vitest";
import type { ConnectionState } from "../../../src/client/connection-state.ts";
import { ChatError } from "../../../src/protocol/errors.ts";
import { openClient, startClient } from "./client-fixtures.ts";

const refusal = (code: string, more: object = {}): { message: string; data: object } => ({
  message: code,
  data: { code, ...more },
});

test("a client dials with its token and is online once the connection opens", async () => {
  const { network, chat, clock } = await startClient();
  expect(chat.state).toEqual({ status: "connecting" });
  expect(network.wire.target).toMatchObject({ url: "http://chat.test", token: "t1", route: { path: "/rt" } });
  network.wire.listener.opened();
  await clock.advance(0);
  expect(chat.state).toEqual({ status: "online" });
});

test("a lost connection is dialed again after a random part of the first five seconds, whoever closed it", async () => {
  const { network, chat, clock } = await openClient();
  await clock.advance(60_000);
  network.wire.listener.closed();
  expect(chat.state).toMatchObject({ status: "offline", retryAt: clock.now() + 2_500 });
  await clock.advance(2_499);
  expect(network.wires).toHaveLength(1);
  await clock.advance(1);
  expect(network.wires).toHaveLength(2);
});

test("a client says that it resumes once it was in, and not before", async () => {
  const { network, clock } = await startClient();
  network.wire.listener.refused(refusal("RATE_LIMITED", { retryAfterMs: 1_000 }));
  await clock.advance(1_100);
  network.wire.listener.opened();
  network.wire.listener.closed();
  await clock.advance(5_000);
  expect(network.wires.map(({ target }) => target.resuming)).toEqual([false, false, true]);
});

test("a connection that never answers is given up and dialed again", async () => {
  const { network, chat, clock } = await startClient();
  await clock.advance(10_000);
  expect(chat.state.status).toBe("offline");
  expect(network.wire.closed).toBe(true);
  await clock.advance(1_500);
  expect(network.wires).toHaveLength(2);
});

test("what an old connection still reports is not heard", async () => {
  const { network, chat, clock } = await startClient();
  const [old] = network.wires;
  await clock.advance(11_500);
  network.wire.listener.opened();
  old?.listener.closed();
  await clock.advance(0);
  expect(chat.state.status).toBe("online");
});

test("an overloaded server's waiting time is kept to, and stretched by a fifth at most", async () => {
  const { network, chat, clock } = await startClient();
  network.wire.listener.refused(refusal("OVERLOADED", { retryAfterMs: 20_000 }));
  expect(chat.state).toMatchObject({ status: "offline", retryAt: clock.now() + 22_000 });
});

test.each(["UNAUTHENTICATED", "FORBIDDEN", "AUTH_EXPIRED"])("with a fixed token %s is the end", async (code) => {
  const { network, chat, clock } = await startClient();
  network.wire.listener.refused(refusal(code));
  await clock.advance(600_000);
  expect(chat.state).toEqual({ status: "closed", reason: code });
  expect(network.wires).toHaveLength(1);
});

test("an expired token is replaced and dialed with at once", async () => {
  let issued = 0;
  const { network, chat, clock } = await startClient({ token: () => Promise.resolve(`t${++issued}`) });
  network.wire.listener.refused(refusal("AUTH_EXPIRED"));
  await clock.advance(0);
  expect(network.wires.map((wire) => wire.target.token)).toEqual(["t1", "t2"]);
  network.wire.listener.refused(refusal("AUTH_EXPIRED"));
  expect(chat.state.status).toBe("offline");
});

test("a token that worked once is replaced when it is refused; a new one that is refused is the end", async () => {
  let issued = 0;
  const { network, chat, clock } = await openClient({ token: () => Promise.resolve(`t${++issued}`) });
  await clock.advance(60_000);
  network.wire.listener.closed();
  await clock.advance(2_500);
  network.wire.listener.refused(refusal("UNAUTHENTICATED"));
  await clock.advance(0);
  expect(network.wire.target.token).toBe("t2");
  network.wire.listener.refused(refusal("UNAUTHENTICATED"));
  expect(chat.state).toEqual({ status: "closed", reason: "UNAUTHENTICATED" });
});

test("a token that can't be fetched is asked for again; a person who is signed out is not", async () => {
  const answers = [new Error("network"), new ChatError("UNAUTHENTICATED", "signed out")];
  const { network, chat, clock } = await startClient({
    token: () => Promise.reject(answers.shift() ?? new Error("?")),
  });
  expect(chat.state).toMatchObject({ status: "offline", cause: "network" });
  await clock.advance(1_500);
  expect(chat.state).toEqual({ status: "closed", reason: "UNAUTHENTICATED" });
  expect(network.wires).toHaveLength(0);
});

test("a token that is about to expire is replaced on the open connection", async () => {
  let issued = 0;
  const { network, clock } = await openClient({ token: () => Promise.resolve(`t${++issued}`) });
  network.wire.listener.pushed("auth:expiring", { at: 1 });
  await clock.advance(0);
  const asked = network.wire.take("auth:refresh");
  expect(asked.payload).toEqual({ token: "t2" });
  asked.answer({ ok: true, exp: 2 });
  await clock.advance(0);
  expect(network.wires).toHaveLength(1);
});

test("tokens that live shorter than the notice are renewed with a pause between", async () => {
  let issued = 0;
  const { network, clock } = await openClient({ token: () => Promise.resolve(`t${++issued}`) });
  for (const wait of [0, 10_000, 10_000]) {
    network.wire.listener.pushed("auth:expiring", { at: 1 });
    await clock.advance(wait);
    network.wire.take("auth:refresh").answer({ ok: true, exp: 2 });
    network.wire.listener.pushed("auth:expiring", { at: 1 });
    await clock.advance(0);
    expect(network.wire.has("auth:refresh")).toBe(false);
  }
});

test("a gateway that leaves is left when it says so, and not before", async () => {
  const { network, chat, clock } = await openClient();
  network.wire.listener.pushed("server:reconnect", { afterMs: 8_000, reason: "draining" });
  await clock.advance(7_999);
  expect(chat.state.status).toBe("online");
  await clock.advance(1);
  expect(network.wires.map((wire) => wire.closed)).toEqual([true, false]);
});

test("a gateway that closes before its time is not followed by a rush", async () => {
  const { network, chat, clock } = await openClient({ random: () => 0 });
  network.wire.listener.pushed("server:reconnect", { afterMs: 8_000, reason: "draining" });
  await clock.advance(3_000);
  network.wire.listener.closed();
  expect(chat.state).toMatchObject({ status: "offline", retryAt: clock.now() + 5_000 });
});

test("where the first way never opens, the one that polls is tried, and kept once it works", async () => {
  const { network, clock } = await startClient();
  const paths = (): string[] => network.wires.map((wire) => wire.target.route.path);
  for (const wait of [1_500, 3_000]) {
    network.wire.listener.refused({ message: "websocket error" });
    await clock.advance(wait);
  }
  expect(paths()).toEqual(["/rt", "/rt", "/socket.io"]);
  network.wire.listener.opened();
  await clock.advance(60_000);
  network.wire.listener.closed();
  await clock.advance(2_500);
  expect(paths().at(-1)).toBe("/socket.io");
});

test("an impatient user need not wait, and a closed client stays closed", async () => {
  const { network, chat, clock } = await openClient();
  const states: ConnectionState["status"][] = [];
  chat.on("state", ({ status }) => states.push(status));
  network.wire.listener.closed();
  chat.retryNow();
  await clock.advance(0);
  expect(network.wires).toHaveLength(2);
  chat.close();
  chat.retryNow();
  await clock.advance(60_000);
  expect(states).toEqual(["offline", "connecting", "closed"]);
  expect(network.wires.every((wire) => wire.closed)).toBe(true);
});

test("a wrong URL is told at once", async () => {
  await expect(startClient({ url: "chat.test" })).rejects.toThrow("not a URL");
});

test("what is no event of the contract, or has the wrong shape, is passed over", async () => {
  const setting = await openClient();
  const room = setting.chat.join("r");
  const heard: unknown[] = [];
  room.on("entries", (found) => heard.push(found));
  for (const [event, payload] of [
    ["toString", {}],
    ["messages", { room: "r", entries: [{ seq: "1" }] }],
    ["messages", { room: "r", entries: [], storedSeq: "1" }],
    ["messages", null],
    ["stored", { room: "other", seq: 1 }],
    ["server:reconnect", { afterMs: "soon" }],
  ] as const) {
    setting.network.wire.listener.pushed(event, payload);
  }
  await setting.clock.advance(1_000);
  expect(heard).toEqual([]);
  expect(setting.chat.state.status).toBe("online");
});

test("a server's wish to move is over once it was followed: a later loss is spread over five seconds again", async () => {
  const { network, chat, clock } = await openClient();
  network.wire.listener.pushed("server:reconnect", { afterMs: 8_000, reason: "draining" });
  await clock.advance(8_000);
  network.wire.listener.opened();
  await clock.advance(120_000);
  network.wire.listener.closed();
  expect(chat.state).toMatchObject({ status: "offline", retryAt: clock.now() + 2_500 });
});

test("a second wish to move is followed when it says so, like the first", async () => {
  const { network, clock } = await openClient();
  for (const afterMs of [8_000, 3_000]) {
    const dials = network.wires.length;
    network.wire.listener.pushed("server:reconnect", { afterMs, reason: "draining" });
    await clock.advance(afterMs - 1);
    expect(network.wires).toHaveLength(dials);
    await clock.advance(1);
    expect(network.wires).toHaveLength(dials + 1);
    network.wire.listener.opened();
    await clock.advance(0);
  }
});

test("two failures after a connection that worked are counted anew before another way is tried", async () => {
  const { network, chat, clock } = await startClient();
  const fail = async (): Promise<void> => {
    network.wire.listener.refused({ message: "websocket error" });
    chat.retryNow();
    await clock.advance(0);
  };
  await fail();
  network.wire.listener.opened();
  network.wire.listener.closed();
  chat.retryNow();
  await clock.advance(0);
  await fail();
  expect(network.wire.target.route.path).toBe("/rt");
  await fail();
  expect(network.wire.target.route.path).toBe("/socket.io");
});

test("after a connection that held for a minute the waits begin anew", async () => {
  const { network, chat, clock } = await startClient();
  for (let i = 0; i < 5; i++) {
    network.wire.listener.refused({ message: "websocket error" });
    chat.retryNow();
    await clock.advance(0);
  }
  network.wire.listener.opened();
  await clock.advance(60_000);
  network.wire.listener.closed();
  expect(chat.state).toMatchObject({ retryAt: clock.now() + 2_500 });
  chat.retryNow();
  await clock.advance(0);
  network.wire.listener.refused({ message: "websocket error" });
  expect(chat.state).toMatchObject({ retryAt: clock.now() + 1_500 });
});

test("a token that expired a second time is replaced a second time", async () => {
  let issued = 0;
  const { network, clock } = await openClient({ token: () => Promise.resolve(`t${++issued}`) });
  for (const token of ["t2", "t3"]) {
    await clock.advance(60_000);
    network.wire.listener.closed();
    await clock.advance(2_500);
    network.wire.listener.refused(refusal("UNAUTHENTICATED"));
    await clock.advance(0);
    expect(network.wire.target.token).toBe(token);
    network.wire.listener.opened();
  }
});
