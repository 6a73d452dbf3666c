import fc from "fast-check";
import { expect, test } from "vitest";
import { firstPace, type JoinPace, nextPace } from "../../../src/client/join-pace.ts";
import type { Room } from "../../../src/client/room.ts";
import { collectSeqs, entries, joinAnswer, liveRoom, openClient, refused, type Setting } from "./client-fixtures.ts";

interface Wanted {
  readonly room: string;
  readonly after?: object;
  readonly limit: number;
}

/** Takes the request for many rooms that was sent, and answers each room. */
function answerTogether({ network }: Setting, answer: (wanted: Wanted) => object): Wanted[] {
  const asked = network.wire.take("rooms:join");
  const rooms = asked.payload["rooms"];
  if (!isWanted(rooms)) throw new Error("no rooms");
  asked.answer({ ok: true, rooms: rooms.map((wanted) => ({ room: wanted.room, ...answer(wanted) })) });
  return rooms;
}

function isWanted(rooms: unknown): rooms is Wanted[] {
  return Array.isArray(rooms);
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `room-${i}`);

async function reopen({ network, clock, chat }: Setting): Promise<void> {
  network.wire.listener.closed();
  chat.retryNow();
  await clock.advance(0);
  network.wire.listener.opened();
  await clock.advance(0);
}

test("200 rooms come back with four requests", async () => {
  const setting = await openClient();
  const rooms = names(200).map((name) => setting.chat.join(name));
  for (let i = 0; i < 4; i++) {
    await setting.clock.advance(0);
    expect(answerTogether(setting, () => joinAnswer(0, []))).toHaveLength(50);
  }
  await setting.clock.advance(0);
  expect(setting.network.wire.asked).toEqual([]);
  expect(rooms.every(({ state }) => state.status === "live")).toBe(true);
});

test("rooms on screen come back first, the highest before the others, in a request of their own", async () => {
  const setting = await openClient();
  const rooms = new Map<string, Room>(names(4).map((name) => [name, setting.chat.join(name)]));
  await setting.clock.advance(0);
  answerTogether(setting, () => joinAnswer(3, entries(1, 3)));
  await setting.clock.advance(0);
  for (const [name, priority] of [
    ["room-2", 1],
    ["room-3", 2],
  ] as const) {
    const room = rooms.get(name);
    if (room !== undefined) room.priority = priority;
  }
  await reopen(setting);
  const first = answerTogether(setting, () => joinAnswer(3, []));
  expect(first.map(({ room }) => room)).toEqual(["room-3", "room-2"]);
  expect(first[0]?.after).toEqual({ epoch: "1", seq: 3 });
  await setting.clock.advance(0);
  expect(answerTogether(setting, () => joinAnswer(3, [])).map(({ room }) => room)).toEqual(["room-0", "room-1"]);
});

test("a shared room has the highest priority of its handles", async () => {
  const setting = await openClient();
  for (const name of ["a", "b"]) setting.chat.join(name);
  const shown = setting.chat.join("b", { priority: 1 });
  await setting.clock.advance(0);
  expect(setting.network.wire.take("room:join").payload).toMatchObject({ room: "b" });
  expect(shown.priority).toBe(1);
});

test("each room of a request takes its own answer: a refused one ends, one that must wait is asked for again as told", async () => {
  const setting = await openClient();
  const [good, bad, later] = ["good", "bad", "later"].map((name) => setting.chat.join(name));
  await setting.clock.advance(0);
  answerTogether(setting, ({ room }) => {
    if (room === "good") return joinAnswer(0, []);
    return room === "bad" ? refused("FORBIDDEN") : refused("RATE_LIMITED", 700);
  });
  await setting.clock.advance(0);
  expect(good?.state).toEqual({ status: "live" });
  expect(bad?.state).toMatchObject({ status: "out", error: { code: "FORBIDDEN" } });
  await setting.clock.advance(699);
  expect(setting.network.wire.asked).toEqual([]);
  await setting.clock.advance(1);
  setting.network.wire.take("room:join").answer(joinAnswer(0, []));
  await setting.clock.advance(0);
  expect(later?.state).toEqual({ status: "live" });
});

test("rooms whose entries did not fit into the answer ask for them at once, each by itself", async () => {
  const setting = await openClient();
  const [first, second] = ["a", "b"].map((name) => setting.chat.join(name));
  if (first === undefined || second === undefined) throw new Error("no rooms");
  const seqs = collectSeqs(second);
  await setting.clock.advance(0);
  answerTogether(setting, () => joinAnswer(2, [], { more: true }));
  for (const room of ["a", "b"]) {
    await setting.clock.advance(0);
    const asked = setting.network.wire.take("room:join");
    expect(asked.payload).toMatchObject({ room });
    asked.answer(joinAnswer(2, entries(1, 2)));
  }
  await setting.clock.advance(0);
  expect(seqs).toEqual([1, 2]);
  expect(second.state).toEqual({ status: "live" });
});

test("a gateway that knows no request for many rooms is asked for each, until there is a new connection", async () => {
  const setting = await openClient();
  for (const name of names(2)) setting.chat.join(name);
  await setting.clock.advance(0);
  setting.network.wire.take("rooms:join").answer(refused("BAD_REQUEST"));
  for (const room of names(2)) {
    await setting.clock.advance(0);
    const asked = setting.network.wire.take("room:join");
    expect(asked.payload).toMatchObject({ room });
    asked.answer(joinAnswer(0, []));
  }
  await setting.clock.advance(0);
  await reopen(setting);
  expect(setting.network.wire.has("rooms:join")).toBe(true);
});

test("a room that the answer leaves out, or gives in a wrong shape, is asked for again", async () => {
  const setting = await openClient();
  for (const name of names(2)) setting.chat.join(name);
  await setting.clock.advance(0);
  setting.network.wire.take("rooms:join").answer({ ok: true, rooms: [{ room: "room-0", ...joinAnswer(0, []) }] });
  await setting.clock.advance(375);
  expect(setting.network.wire.take("room:join").payload).toMatchObject({ room: "room-1" });
});

test("a late answer is used, what it brought is not asked for again, and the next page is smaller", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting, 0);
  await reopen(setting);
  const seqs = collectSeqs(room);
  const slow = network.wire.take("room:join");
  expect(slow.payload).toMatchObject({ limit: 200 });
  await clock.advance(10_000);
  slow.answer(joinAnswer(300, entries(1, 200), { more: true }));
  await clock.advance(0);
  expect(seqs).toHaveLength(200);
  const next = network.wire.take("room:join");
  expect(next.payload).toMatchObject({ after: { epoch: "1", seq: 200 }, limit: 50 });
  next.answer(joinAnswer(300, entries(201, 300)));
  await clock.advance(20_000);
  expect(seqs).toHaveLength(300);
  expect(room.state).toEqual({ status: "live" });
  expect(network.wire.has("room:join")).toBe(false);
});

test("a late answer with all that was missing makes the room live", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting, 0);
  await reopen(setting);
  const slow = network.wire.take("room:join");
  await clock.advance(10_000);
  slow.answer(joinAnswer(2, entries(1, 2)));
  await clock.advance(20_000);
  expect(room.state).toEqual({ status: "live" });
  expect(network.wire.has("room:join")).toBe(false);
});

test("an answer about an older position does not throw the room back", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting, 9);
  const gaps: unknown[] = [];
  room.on("gap", (gap) => gaps.push(gap));
  await reopen(setting);
  const slow = network.wire.take("room:join");
  await clock.advance(10_500);
  network.wire.take("room:join").answer(joinAnswer(12, entries(10, 12)));
  await clock.advance(0);
  slow.answer(joinAnswer(5, [], { gap: true }));
  await clock.advance(0);
  expect(gaps).toEqual([]);
  expect(room.position).toEqual({ epoch: "1", seq: 12 });
});

test("a page shrinks where its answer is slow or missing, grows where it is quick, and stays within its bounds", () => {
  const steps: JoinPace[] = [];
  for (const took of [undefined, undefined, undefined, 10, 1_000, 5_000]) {
    steps.push(nextPace(steps.at(-1) ?? firstPace, took));
  }
  expect(steps.map(({ page }) => page)).toEqual([25, 6, 5, 10, 10, 5]);
  expect(steps.map(({ rooms }) => rooms)).toEqual([12, 3, 1, 2, 2, 1]);
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20_000), { nil: undefined })), (tooks) => {
      const { page, rooms } = tooks.reduce(nextPace, firstPace);
      expect([page >= 5, page <= 200, rooms >= 1, rooms <= 50]).toEqual([true, true, true, true]);
    }),
  );
});
