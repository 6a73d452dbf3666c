import { expect, test } from "vitest";
import { ChatError } from "../../../src/protocol/errors.ts";
import { createRig } from "./gateway-rig.ts";

const seqs = (entries: readonly { readonly seq: number }[]): number[] => entries.map(({ seq }) => seq);

async function fill(rig: ReturnType<typeof createRig>, from: number, to: number): Promise<void> {
  for (let i = from; i <= to; i++) await rig.append("r", `m${i}`);
}

test("a first join gives the newest page, oldest first, and where the room is", async () => {
  const rig = createRig();
  await fill(rig, 1, 60);
  const answer = await rig.open("alice").ask("room:join", { room: "r" });
  expect(answer).toMatchObject({
    ok: true,
    head: { epoch: "1", seq: 60 },
    you: { can: ["read", "write"] },
    storedSeq: 0,
  });
  expect(answer?.ok === true && seqs(answer.entries)).toEqual(Array.from({ length: 50 }, (_, i) => i + 11));
  expect(answer).not.toHaveProperty("gap");
});

test("an empty room joins at place 0", async () => {
  const rig = createRig();
  expect(await rig.open("alice").ask("room:join", { room: "r" })).toMatchObject({ head: { seq: 0 }, entries: [] });
});

test("a join with a place gives every entry since, changes too, as they were", async () => {
  const rig = createRig();
  await fill(rig, 1, 3);
  await rig.append("r", "e1", { kind: "edit", target: 1, text: "new" });
  const answer = await rig.open("alice").ask("room:join", { room: "r", after: { epoch: "1", seq: 1 } });
  expect(answer).toMatchObject({ ok: true, entries: [{ seq: 2 }, { seq: 3 }, { seq: 4, kind: "edit", target: 1 }] });
});

test("a long absence comes in pages, each following the last, until there is no more", async () => {
  const rig = createRig({ tail: 5 });
  await fill(rig, 1, 25);
  await rig.flush();
  await fill(rig, 26, 30);
  const alice = rig.open("alice");
  const all: number[] = [];
  for (let after = 0, more = true; more; ) {
    const answer = await alice.ask("room:join", { room: "r", after: { epoch: "1", seq: after }, limit: 7 });
    if (answer?.ok !== true) throw new Error("refused");
    expect(answer.gap).toBeUndefined();
    all.push(...seqs(answer.entries));
    after = answer.entries.at(-1)?.seq ?? after;
    more = answer.more === true;
  }
  expect(all).toEqual(Array.from({ length: 30 }, (_, i) => i + 1));
});

test("what history no longer has is a gap, and what comes after it is given", async () => {
  const rig = createRig({ tail: 2 });
  await fill(rig, 1, 10);
  await rig.flush();
  await rig.store.expire(rig.clock.now() + 1, 6);
  const answer = await rig.open("alice").ask("room:join", { room: "r", after: { epoch: "1", seq: 2 } });
  expect(answer).toMatchObject({ gap: true });
  expect(answer?.ok === true && seqs(answer.entries)).toEqual([7, 8, 9, 10]);
});

test("a place that the room never had is a gap", async () => {
  const rig = createRig();
  await fill(rig, 1, 3);
  const answer = await rig.open("alice").ask("room:join", { room: "r", after: { epoch: "1", seq: 99 } });
  expect(answer).toMatchObject({ ok: true, gap: true, head: { seq: 3 } });
});

test("a place of an epoch that is yet to come is a gap", async () => {
  const rig = createRig();
  await fill(rig, 1, 3);
  const answer = await rig.open("alice").ask("room:join", { room: "r", after: { epoch: "9", seq: 2 } });
  expect(answer).toMatchObject({ ok: true, gap: true });
});

test("what arrives while a join reads comes once: in the answer or after it", async () => {
  const rig = createRig();
  await fill(rig, 1, 5);
  const alice = rig.open("alice");
  const joining = alice.ask("room:join", { room: "r", after: { epoch: "1", seq: 0 } });
  const appending = fill(rig, 6, 40);
  const [answer] = await Promise.all([joining, appending]);
  await rig.clock.advance(50);
  const given = answer?.ok === true ? seqs(answer.entries) : [];
  expect([...given, ...seqs(alice.entries)]).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
});

test("without the right to read there is no join; a full session joins no further room", async () => {
  const rig = createRig({ limits: { roomsPerConnection: 2 } });
  const alice = rig.open("alice", { grants: [{ room: "a:*", can: ["read"] }] });
  expect(await alice.ask("room:join", { room: "b" })).toMatchObject({ error: { code: "FORBIDDEN" } });
  for (const room of ["a:1", "a:2", "a:2"]) expect(await alice.ask("room:join", { room })).toMatchObject({ ok: true });
  expect(await alice.ask("room:join", { room: "a:3" })).toMatchObject({
    error: { code: "ROOM_FULL", retryable: false },
  });
  await alice.ask("room:leave", { room: "a:1" });
  expect(await alice.ask("room:join", { room: "a:3" })).toMatchObject({ ok: true });
});

test("a join that a new token forbids while it is under way does not enter, and leaves nothing behind", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  const joining = alice.ask("room:join", { room: "r" });
  expect(await alice.ask("auth:refresh", { token: "alice!s" })).toMatchObject({ ok: true });
  expect(await joining).toMatchObject({ error: { code: "FORBIDDEN" } });
  await rig.append("r", "m");
  await rig.clock.advance(20);
  expect(alice.entries).toEqual([]);
  await rig.clock.advance(1_001);
  expect(rig.gateway.activeRooms()).toEqual([]);
});

test("a room stays subscribed for a grace time after its last member, and joins and leaves may race", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  const both = [alice.ask("room:join", { room: "r" }), alice.ask("room:join", { room: "r" })];
  await Promise.all(both);
  await alice.ask("room:leave", { room: "r" });
  await rig.clock.advance(500);
  expect(rig.gateway.activeRooms()).toEqual(["r"]);
  const again = alice.ask("room:join", { room: "r" });
  await rig.clock.advance(600);
  await again;
  expect(rig.gateway.activeRooms()).toEqual(["r"]);
  alice.session.close();
  await rig.clock.advance(1_001);
  expect(rig.gateway.activeRooms()).toEqual([]);
  const back = rig.open("alice");
  await back.ask("room:join", { room: "r" });
  await rig.append("r", "m");
  await rig.clock.advance(20);
  expect(seqs(back.entries)).toEqual([1]);
});

test("a join whose connection ends meanwhile leaves nothing behind", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  const joining = alice.ask("room:join", { room: "r" });
  alice.session.close();
  expect(await joining).toMatchObject({ ok: false });
  await rig.clock.advance(1_001);
  expect(rig.gateway.activeRooms()).toEqual([]);
});

test("a client need not wait for the answer to its join before it sends, and its sends keep their order", async () => {
  const rig = createRig();
  const alice = rig.open("alice");
  const joining = alice.ask("room:join", { room: "r" });
  const sends = [1, 2, 3].map((i) => alice.ask("message:send", { room: "r", id: `m${i}`, text: "x" }));
  const elsewhere = await alice.ask("message:send", { room: "other", id: "m", text: "x" });
  expect(elsewhere).toMatchObject({ error: { code: "NOT_IN_ROOM" } });
  expect(await joining).toMatchObject({ ok: true });
  expect(await Promise.all(sends)).toMatchObject([{ seq: 1 }, { seq: 2 }, { seq: 3 }]);
  const [, left] = await Promise.all([alice.ask("room:join", { room: "s" }), alice.ask("room:leave", { room: "s" })]);
  expect(left).toMatchObject({ ok: true });
  expect(await alice.ask("message:send", { room: "s", id: "m", text: "x" })).toMatchObject({
    error: { code: "NOT_IN_ROOM" },
  });
});

test("a join beyond the rooms of a connection is refused before log or store is read, also while other joins are under way", async () => {
  const rig = createRig({ limits: { roomsPerConnection: 2 } });
  const alice = rig.open("alice");
  const touched: string[] = [];
  const subscribe = rig.log.subscribe.bind(rig.log);
  rig.log.subscribe = async (room, listener) => {
    touched.push(room);
    await rig.clock.sleep(10);
    return subscribe(room, listener);
  };
  const joins = ["a", "b", "c", "d"].map((room) => alice.ask("room:join", { room }));
  await rig.clock.advance(100);
  const full = { error: { code: "ROOM_FULL", retryable: false } };
  expect(await Promise.all(joins)).toMatchObject([{ ok: true }, { ok: true }, full, full]);
  expect(await alice.ask("room:join", { room: "e" })).toMatchObject(full);
  expect(touched).toEqual(["a", "b"]);
});

test("a join that fails takes none of the connection's rooms", async () => {
  const rig = createRig({ limits: { roomsPerConnection: 1 } });
  const alice = rig.open("alice");
  rig.log.subscribe = () => Promise.reject(new ChatError("UNAVAILABLE", "no"));
  for (const room of ["a", "b"]) {
    expect(await alice.ask("room:join", { room })).toMatchObject({ error: { code: "UNAVAILABLE" } });
  }
});

/** A room whose log lost its tail: `kept` entries of epoch 1, then those of epoch 2, which are `places` in all. */
async function afterLoss(kept: number, places: number) {
  const rig = createRig();
  await fill(rig, 1, places);
  const range = rig.log.range.bind(rig.log);
  rig.log.range = async (...query) =>
    (await range(...query)).map((entry) => ({ ...entry, epoch: entry.seq > kept ? "2" : "1" }));
  const head = rig.log.head.bind(rig.log);
  rig.log.head = async (room) => ({ ...(await head(room)), epoch: "2" });
  return rig;
}

test("a place whose seq was given a second time is a gap, also where the room is further by now", async () => {
  const rig = await afterLoss(3, 8);
  const join = (seq: number) => rig.open("alice").ask("room:join", { room: "r", after: { epoch: "1", seq } });
  expect(await join(5)).toMatchObject({ ok: true, gap: true, head: { epoch: "2", seq: 8 } });
  const kept = await join(3);
  expect(kept).not.toHaveProperty("gap");
  expect(kept?.ok === true && seqs(kept.entries)).toEqual([4, 5, 6, 7, 8]);
});

test("a catch-up to the head of an epoch without entries ends at the head, in one answer", async () => {
  const rig = await afterLoss(5, 5);
  for (const seq of [3, 5]) {
    const answer = await rig.open("alice").ask("room:join", { room: "r", after: { epoch: "1", seq } });
    expect(answer).toMatchObject({ ok: true, head: { epoch: "2", seq: 5 } });
    expect(answer).not.toHaveProperty("more");
    expect(answer).not.toHaveProperty("gap");
  }
});
