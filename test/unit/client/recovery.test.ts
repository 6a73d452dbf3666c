import { expect, test } from "vitest";
import { collectSeqs, entries, entry, joinAnswer, liveRoom, openClient, placed } from "./client-fixtures.ts";

test("a server that was put back to an older state is followed: its head is taken, a gap is told, own sends are shown", async () => {
  const setting = await openClient();
  const { network } = setting;
  const room = await liveRoom(setting, 10);
  network.wire.listener.pushed("stored", { room: "r", seq: 9 });
  const gaps: unknown[] = [];
  room.on("gap", (gap) => gaps.push(gap));
  const seqs = collectSeqs(room);
  network.wire.listener.closed();
  setting.chat.retryNow();
  await setting.clock.advance(0);
  network.wire.listener.opened();
  await setting.clock.advance(0);
  network.wire.take("room:join").answer(joinAnswer(5, [], { gap: true, storedSeq: 4 }));
  await setting.clock.advance(0);
  expect(gaps).toEqual([{ after: { epoch: "1", seq: 10 }, head: { epoch: "1", seq: 5 } }]);
  expect(room.storedSeq).toBe(4);
  const send = room.send("mine");
  const asked = network.wire.take("message:send");
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(6)] });
  asked.answer(placed(asked.payload["id"], 6));
  await expect(send).resolves.toMatchObject({ seq: 6 });
  expect(seqs).toEqual([6]);
  expect(room.position).toEqual({ epoch: "1", seq: 6 });
  expect(room.state).toEqual({ status: "live" });
});

test("an entry that comes twice behind a hole makes no request once the hole is filled", async () => {
  const setting = await openClient();
  const { network, clock } = setting;
  const room = await liveRoom(setting, 1);
  const seqs = collectSeqs(room);
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(3), entry(3)] });
  await clock.advance(0);
  network.wire.take("room:join").answer(joinAnswer(2, [entry(2)]));
  await clock.advance(10_000);
  expect(seqs).toEqual([2, 3]);
  expect(network.wire.has("room:join")).toBe(false);
});

test("the second hundred entries get a receipt of their own, and not one entry earlier", async () => {
  const setting = await openClient();
  const { network } = setting;
  await liveRoom(setting);
  network.wire.listener.pushed("messages", { room: "r", entries: entries(1, 100) });
  network.wire.take("receipt");
  network.wire.listener.pushed("messages", { room: "r", entries: entries(101, 199) });
  expect(network.wire.has("receipt")).toBe(false);
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(200)] });
  expect(network.wire.take("receipt").payload).toEqual({ room: "r", seq: 200 });
});

test("a second hole that the server never fills gets its three answers again", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting, 1);
  const gaps: unknown[] = [];
  room.on("gap", (gap) => gaps.push(gap));
  for (const [hole, head] of [
    [5, 1],
    [9, 5],
  ] as const) {
    network.wire.listener.pushed("messages", { room: "r", entries: [entry(hole)] });
    const before = gaps.length;
    for (const wait of [200, 400, 0]) {
      await clock.advance(0);
      expect(gaps).toHaveLength(before);
      network.wire.take("room:join").answer(joinAnswer(head, []));
      await clock.advance(wait);
    }
    expect(gaps).toHaveLength(before + 1);
  }
});

test("on a new connection typing is said again, because the server has forgotten it", async () => {
  const setting = await openClient();
  const { network, clock, chat } = setting;
  const room = await liveRoom(setting);
  room.typing(true);
  network.wire.listener.closed();
  chat.retryNow();
  await clock.advance(0);
  network.wire.listener.opened();
  await clock.advance(0);
  network.wire.take("room:join").answer(joinAnswer(0, []));
  await clock.advance(0);
  room.typing(true);
  expect(network.wire.take("typing:set").payload).toMatchObject({ on: true });
});

test("a stored mark of a later epoch counts although its seq is lower, and one of an earlier epoch does not", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting, 9);
  const { listener } = setting.network.wire;
  listener.pushed("stored", { room: "r", epoch: "1", seq: 9 });
  listener.pushed("messages", { room: "r", entries: [], storedSeq: 7, storedEpoch: "2" });
  listener.pushed("stored", { room: "r", epoch: "1", seq: 12 });
  expect(room.storedSeq).toBe(7);
});
