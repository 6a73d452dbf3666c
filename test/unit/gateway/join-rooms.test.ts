import { expect, test } from "vitest";
import type { RoomJoinAnswer } from "../../../src/protocol/messages.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `room-${i}`);

async function joinAll(client: ReturnType<Rig["open"]>, rooms: readonly object[]): Promise<readonly RoomJoinAnswer[]> {
  const answer = await client.ask("rooms:join", { rooms });
  if (answer?.ok !== true) throw new Error(`refused: ${answer?.error.code}`);
  return answer.rooms;
}

test("one request joins many rooms, and answers each as a join of its own, in order", async () => {
  const rig = createRig();
  for (const id of ["m1", "m2"]) await rig.append("room-1", id);
  const alice = rig.open("alice");
  const rooms = names(3).map((room) => ({ room, after: { epoch: "1", seq: 1 } }));
  const found = await joinAll(alice, [{ room: "room-0" }, rooms[1] ?? {}, { room: "room-2" }]);
  expect(found.map(({ room, ok }) => [room, ok])).toEqual(names(3).map((room) => [room, true]));
  expect(found[1]).toMatchObject({ head: { seq: 2 }, entries: [{ id: "m2" }], policy: { burst: 20 } });
  await rig.append("room-2", "m3");
  expect(alice.entries).toMatchObject([{ room: "room-2", id: "m3" }]);
});

test("a room that is refused does not keep the others out", async () => {
  const rig = createRig();
  const found = await joinAll(rig.open("alice!room-1"), [{ room: "room-0" }, { room: "room-1" }]);
  expect(found).toMatchObject([
    { room: "room-0", ok: false, error: { code: "FORBIDDEN", retryable: false } },
    { room: "room-1", ok: true, head: { seq: 0 } },
  ]);
});

test("200 rooms cost the burst of the join rate, and the next rooms are told when to come back", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  const all = names(210);
  for (let from = 0; from < 200; from += 50) {
    const found = await joinAll(
      alice,
      all.slice(from, from + 50).map((room) => ({ room })),
    );
    expect(found.every(({ ok }) => ok)).toBe(true);
  }
  expect(await alice.ask("rooms:join", { rooms: [{ room: "one-more" }] })).toMatchObject({
    error: { code: "RATE_LIMITED", retryAfterMs: 100 },
  });
  await rig.clock.advance(100);
  const found = await joinAll(
    alice,
    Array.from({ length: 6 }, () => ({ room: "room-0" })),
  );
  expect(found.filter(({ ok }) => ok)).toHaveLength(5);
  expect(found[5]).toMatchObject({ ok: false, error: { code: "RATE_LIMITED", retryAfterMs: 100 } });
});

test("one answer has at most 128 KiB of entries of several rooms: the others come by themselves", async () => {
  const rig = createRig();
  for (const room of names(3)) {
    for (let i = 0; i < 12; i++) await rig.append(room, `m${i}`, { text: "x".repeat(8_000) });
  }
  const alice = rig.open("alice");
  const rooms = names(30).map((room) => ({ room, after: { epoch: "1", seq: 0 } }));
  const found = await joinAll(alice, rooms);
  const entries = found.map((answer) => (answer.ok ? answer.entries.length : -1));
  expect(entries.slice(0, 2)).toEqual([12, 0]);
  expect(found[1]).toMatchObject({ ok: true, more: true });
  expect(found[29]).toMatchObject({ ok: false, error: { code: "RATE_LIMITED", retryAfterMs: 0 } });
  expect(await alice.ask("message:send", { room: "room-1", id: "in", text: "hi" })).toMatchObject({ ok: true });
});

test("one room alone is given whatever its size", async () => {
  const rig = createRig();
  for (let i = 0; i < 20; i++) await rig.append("room-0", `m${i}`, { text: "x".repeat(8_000) });
  const [found] = await joinAll(rig.open("alice"), [{ room: "room-0" }]);
  expect(found?.ok === true && found.entries).toHaveLength(20);
});

test("a room that can't be reached is answered in time, and the others with it", async () => {
  const rig = createRig();
  const head = rig.log.head.bind(rig.log);
  rig.log.head = (room) => (room === "room-1" ? new Promise(() => undefined) : head(room));
  const asked = joinAll(
    rig.open("alice"),
    names(3).map((room) => ({ room })),
  );
  await rig.clock.advance(8_000);
  expect(await asked).toMatchObject([{ ok: true }, { ok: false, error: { code: "TIMEOUT" } }, { ok: true }]);
});

test("what is asked about a room of the request waits for its join", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  const joined = joinAll(
    alice,
    names(2).map((room) => ({ room })),
  );
  const sent = alice.ask("message:send", { room: "room-1", id: "early", text: "hi" });
  const left = alice.ask("room:leave", { room: "room-0" });
  await Promise.all([joined, left]);
  expect(await sent).toMatchObject({ ok: true, seq: 1 });
  expect(await alice.ask("message:send", { room: "room-0", id: "late", text: "hi" })).toMatchObject({
    error: { code: "NOT_IN_ROOM" },
  });
});

test.each([
  ["no room", { rooms: [] }],
  ["too many rooms", { rooms: names(51).map((room) => ({ room })) }],
  ["a name that is none", { rooms: [{ room: "a b" }] }],
])("%s is no request", async (_case, payload) => {
  expect(await createRig().open("alice").ask("rooms:join", payload)).toMatchObject({ error: { code: "BAD_REQUEST" } });
});

test("a room that can't be reached holds back no request about another room of the same request", async () => {
  const rig = createRig();
  const head = rig.log.head.bind(rig.log);
  rig.log.head = (room) => (room === "room-1" ? new Promise(() => undefined) : head(room));
  const alice = rig.open("alice");
  void joinAll(
    alice,
    names(3).map((room) => ({ room })),
  );
  expect(await alice.ask("message:send", { room: "room-2", id: "early", text: "hi" })).toMatchObject({ ok: true });
});

test("eight rooms of one request are joined at a time", async () => {
  const rig = createRig();
  const head = rig.log.head.bind(rig.log);
  const release: (() => void)[] = [];
  rig.log.head = (room) => new Promise<void>((resolve) => void release.push(resolve)).then(() => head(room));
  const joined = joinAll(
    rig.open("alice"),
    names(10).map((room) => ({ room })),
  );
  await rig.clock.advance(0);
  expect(release).toHaveLength(8);
  release[0]?.();
  await rig.clock.advance(0);
  expect(release.length).toBeGreaterThan(8);
  for (let i = 0; i < 10; i++) {
    for (const go of release.splice(0)) go();
    await rig.clock.advance(0);
  }
  expect((await joined).every(({ ok }) => ok)).toBe(true);
});
