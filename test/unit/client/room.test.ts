import { expect, test } from "vitest";
import {
  collectSeqs,
  entries,
  entry,
  joinAnswer,
  liveRoom,
  openClient,
  refused,
  startClient,
} from "./client-fixtures.ts";

test("a room begins with the newest messages and goes on with what is pushed", async () => {
  const { network, clock, chat } = await openClient();
  const room = chat.join("r", { limit: 3 });
  const seqs = collectSeqs(room);
  await clock.advance(0);
  const asked = network.wire.take("room:join");
  expect(asked.payload).toEqual({ room: "r", limit: 3 });
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(8)] });
  asked.answer(joinAnswer(7, entries(5, 7), { storedSeq: 6 }));
  await clock.advance(0);
  network.wire.listener.pushed("messages", { room: "r", entries: entries(8, 9) });
  expect(seqs).toEqual([5, 6, 7, 8, 9]);
  expect(room).toMatchObject({ state: { status: "live" }, position: { epoch: "1", seq: 9 }, storedSeq: 6 });
});

test("a room that is asked for before there is a connection is joined when there is one", async () => {
  const { network, clock, chat } = await startClient();
  chat.join("r");
  network.wire.listener.opened();
  await clock.advance(0);
  expect(network.wire.take("room:join").payload).toEqual({ room: "r", limit: 50 });
});

test("a room that is left before its turn to be joined is never joined", async () => {
  const { network, clock, chat } = await openClient();
  chat.join("first");
  await clock.advance(0);
  const second = chat.join("second");
  const third = chat.join("third");
  await clock.advance(0);
  second.leave();
  network.wire.take("room:join").answer(joinAnswer(0, []));
  await clock.advance(0);
  expect(network.wire.take("room:join").payload).toMatchObject({ room: "third" });
  expect(second.state).toMatchObject({ status: "out", reason: "left" });
  expect(third.state.status).toBe("joining");
});

test("a hole is filled from the server before anything after it is shown", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting, 4);
  const seqs = collectSeqs(room);
  setting.network.wire.listener.pushed("messages", { room: "r", entries: [entry(7)] });
  expect(seqs).toEqual([]);
  await setting.clock.advance(0);
  const asked = setting.network.wire.take("room:join");
  expect(asked.payload).toMatchObject({ after: { epoch: "1", seq: 4 } });
  asked.answer(joinAnswer(7, entries(5, 7)));
  await setting.clock.advance(0);
  expect(seqs).toEqual([5, 6, 7]);
});

test("after a reconnect the room catches up page by page from where it was", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting, 10);
  const seqs = collectSeqs(room);
  network.wire.listener.closed();
  expect(room.state.status).toBe("joining");
  await clock.advance(5_000);
  network.wire.listener.opened();
  await clock.advance(0);
  const first = network.wire.take("room:join");
  expect(first.payload).toMatchObject({ after: { epoch: "1", seq: 10 }, limit: 200 });
  first.answer(joinAnswer(14, entries(11, 12), { more: true }));
  await clock.advance(0);
  const second = network.wire.take("room:join");
  expect(second.payload).toMatchObject({ after: { epoch: "1", seq: 12 } });
  expect(room.state.status).toBe("joining");
  second.answer(joinAnswer(14, entries(13, 14)));
  await clock.advance(0);
  expect(seqs).toEqual([11, 12, 13, 14]);
  expect(room.state.status).toBe("live");
});

test("what can't be given back is declared before what follows it", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting, 10);
  const heard: unknown[] = [];
  room.on("gap", (gap) => heard.push(gap));
  room.on("entries", (found) => heard.push(...found.map(({ seq }) => seq)));
  setting.network.wire.listener.pushed("room:resync", { room: "r", from: { epoch: "2", seq: 8 }, reason: "epoch" });
  await setting.clock.advance(0);
  setting.network.wire.take("room:join").answer(joinAnswer(9, entries(9, 9, "2"), { gap: true }));
  await setting.clock.advance(0);
  expect(heard).toEqual([{ after: { epoch: "1", seq: 10 }, head: { epoch: "2", seq: 9 } }, 9]);
  expect(room.position).toEqual({ epoch: "2", seq: 9 });
});

test("a hole that the server never fills is declared after three fruitless answers", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting, 1);
  const seqs = collectSeqs(room);
  const gaps: unknown[] = [];
  room.on("gap", (gap) => gaps.push(gap));
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(5)] });
  for (const wait of [200, 400, 0]) {
    await clock.advance(0);
    network.wire.take("room:join").answer(joinAnswer(1, []));
    await clock.advance(wait);
  }
  expect(gaps).toHaveLength(1);
  expect(seqs).toEqual([5]);
  await clock.advance(10_000);
  expect(network.wire.has("room:join")).toBe(false);
});

test("a refused join is tried again as told, in turn with the other rooms", async () => {
  const { network, clock, chat } = await openClient();
  const room = chat.join("r");
  await clock.advance(0);
  chat.join("s");
  await clock.advance(0);
  expect(network.wire.asked).toHaveLength(1);
  network.wire.take("room:join").answer(refused("RATE_LIMITED", 700));
  await clock.advance(0);
  const other = network.wire.take("room:join");
  expect(other.payload).toMatchObject({ room: "s" });
  other.answer(joinAnswer(0, []));
  await clock.advance(699);
  expect(network.wire.has("room:join")).toBe(false);
  await clock.advance(1);
  network.wire.take("room:join").answer(joinAnswer(0, []));
  await clock.advance(0);
  expect(room.state.status).toBe("live");
});

test("a forbidden room is over, says why, and can be asked for anew", async () => {
  const { network, clock, chat } = await openClient();
  const room = chat.join("r");
  const send = room.send("hello");
  await clock.advance(0);
  network.wire.take("room:join").answer(refused("FORBIDDEN"));
  await expect(send).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(room.state).toMatchObject({ status: "out", error: { code: "FORBIDDEN" } });
  await expect(room.send("again")).rejects.toMatchObject({ code: "FORBIDDEN" });
  expect(chat.join("r")).not.toBe(room);
});

test("a moderator's removal ends the room, and leaving tells the server", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  setting.network.wire.listener.pushed("room:removed", { room: "r", reason: "kicked" });
  expect(room.state).toMatchObject({ status: "out", reason: "kicked" });
  const second = await liveRoom(setting);
  second.leave();
  expect(setting.network.wire.take("room:leave").payload).toEqual({ room: "r" });
  expect(second.state).toMatchObject({ status: "out", reason: "left" });
});

test("what is stored only ever rises", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting, 9);
  const heard: number[] = [];
  room.on("stored", (seq) => heard.push(seq));
  for (const seq of [4, 3, 7]) setting.network.wire.listener.pushed("stored", { room: "r", seq });
  for (const storedSeq of [6, 8])
    setting.network.wire.listener.pushed("messages", { room: "r", entries: [], storedSeq });
  expect(heard).toEqual([4, 7, 8]);
});

test("a receipt goes out after 100 entries, or after five seconds", async () => {
  const setting = await openClient();
  const { network, clock } = setting;
  await liveRoom(setting);
  network.wire.listener.pushed("messages", { room: "r", entries: entries(1, 99) });
  expect(network.wire.has("receipt")).toBe(false);
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(100)] });
  expect(network.wire.take("receipt").payload).toEqual({ room: "r", seq: 100 });
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(101)] });
  await clock.advance(5_000);
  expect(network.wire.take("receipt").payload).toEqual({ room: "r", seq: 101 });
  await clock.advance(60_000);
  expect(network.wire.has("receipt")).toBe(false);
});

test("key strokes become one request every three seconds, and one at the end", async () => {
  const setting = await openClient();
  const { network, clock } = setting;
  const room = await liveRoom(setting);
  const said = (): unknown[] => network.wire.asked.splice(0).map(({ payload }) => payload["on"]);
  room.typing(false);
  for (let i = 0; i < 10; i++) room.typing(true);
  expect(said()).toEqual([true]);
  await clock.advance(3_000);
  room.typing(true);
  room.typing(false);
  room.typing(false);
  expect(said()).toEqual([true, false]);
});

test("typing of others and pages of history reach the user", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const typists: string[] = [];
  room.on("typing", ({ user }) => typists.push(user.id));
  setting.network.wire.listener.pushed("typing", { room: "r", user: { id: "bob" }, on: true });
  expect(typists).toEqual(["bob"]);
  const page = room.history({ before: 40, limit: 20 });
  const asked = setting.network.wire.take("history:get");
  expect(asked.payload).toEqual({ room: "r", before: 40, limit: 20 });
  asked.answer({ ok: true, entries: entries(20, 39), more: true });
  await expect(page).resolves.toMatchObject({ more: true });
  setting.network.wire.listener.closed();
  await expect(room.history()).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("an answer that makes no sense is a fault and not a page", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const page = room.history();
  setting.network.wire.take("history:get").answer({ ok: true, entries: "none" });
  await expect(page).rejects.toMatchObject({ code: "INTERNAL" });
});

test("closing the client ends its rooms", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  setting.chat.close();
  expect(room.state.status).toBe("out");
  const late = setting.chat.join("r");
  expect(late.state.status).toBe("out");
  await expect(late.send("too late")).rejects.toMatchObject({ code: "NOT_IN_ROOM" });
});

test("what holds in the room comes with each join and each change, and is kept to where typing is not shown", async () => {
  const setting = await openClient();
  const room = setting.chat.join("r");
  expect(room.policy).toBeUndefined();
  const told: unknown[] = [];
  room.on("policy", (policy) => told.push(policy));
  await setting.clock.advance(0);
  setting.network.wire.take("room:join").answer(joinAnswer(0, []));
  await setting.clock.advance(0);
  const calm = { textBytes: 100, ratePerSecond: 5, burst: 20, slowModeSeconds: 30, typing: false };
  setting.network.wire.listener.pushed("room:policy", { room: "r", policy: calm });
  setting.network.wire.listener.pushed("room:policy", { room: "r" });
  expect(told).toEqual([{ textBytes: 8_192, ratePerSecond: 5, burst: 20 }, calm]);
  expect(room.policy).toEqual(calm);
  room.typing(true);
  await setting.clock.advance(0);
  expect(setting.network.wire.has("typing:set")).toBe(false);
});
