import { expect, test } from "vitest";
import type { Connection } from "../../../src/gateway/ports.ts";
import { StoredNews } from "../../../src/gateway/stored-news.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createRig, type Rig } from "./gateway-rig.ts";

type Client = ReturnType<Rig["open"]>;

async function member(rig: Rig, user: string): Promise<Client> {
  const client = rig.open(user);
  await client.ask("room:join", { room: "r" });
  return client;
}

/** What a client was told of the store, and by which event. */
function told({ pushes }: Client): unknown[] {
  return pushes.flatMap(({ event, payload }) => {
    const field = event === "stored" ? "seq" : "storedSeq";
    return typeof payload === "object" && payload !== null && field in payload
      ? [[event, Reflect.get(payload, field)]]
      : [];
  });
}

function says(client: Client, id: string): Promise<unknown> {
  return client.ask("message:send", { room: "r", id, text: id });
}

test("what is stored is told with the next messages, once", async () => {
  const rig = createRig();
  const alice = await member(rig, "alice");
  for (const id of ["m1", "m2"]) await rig.append("r", id);
  await rig.clock.advance(100);
  await rig.flush();
  await rig.clock.advance(5_000);
  expect(told(alice)).toEqual([]);
  for (const id of ["m3", "m4"]) {
    await rig.append("r", id);
    await rig.clock.advance(100);
  }
  expect(told(alice)).toEqual([["messages", 2]]);
});

test("who wrote what is stored hears of it within a second where no messages come, and only they", async () => {
  const rig = createRig();
  const [alice, bob] = [await member(rig, "alice"), await member(rig, "bob")];
  await says(alice, "m1");
  await rig.clock.advance(5_000);
  await rig.flush();
  await rig.clock.advance(500);
  expect(told(alice)).toEqual([]);
  await rig.clock.advance(500);
  expect([told(alice), told(bob)]).toEqual([[["stored", 1]], []]);
  await rig.clock.advance(5_000);
  await says(bob, "m2");
  await rig.clock.advance(5_000);
  expect([told(alice), told(bob)]).toEqual([
    [
      ["stored", 1],
      ["messages", 1],
    ],
    [["messages", 1]],
  ]);
});

test("who wrote hears nothing by itself where messages came in time", async () => {
  const rig = createRig();
  const alice = await member(rig, "alice");
  await says(alice, "m1");
  await rig.flush();
  await rig.append("r", "m2");
  await rig.clock.advance(5_000);
  expect(told(alice)).toEqual([["messages", 1]]);
});

test("what is stored while more waits is told of what is stored, and again of the rest", async () => {
  const rig = createRig();
  const [alice, bob] = [await member(rig, "alice"), await member(rig, "bob")];
  await says(alice, "m1");
  await rig.flush();
  await rig.clock.advance(900);
  await says(bob, "m2");
  await rig.clock.advance(5_000);
  expect(told(bob)).toEqual([["messages", 1]]);
  await rig.flush();
  await rig.clock.advance(5_000);
  expect(told(bob).at(-1)).toEqual(["stored", 2]);
});

test("who waits for several hears when the last of them is stored, in whatever order they were acknowledged", async () => {
  const clock = new ManualClock();
  const news = new StoredNews({ room: "r", patienceMs: 1_000, clock });
  const heard: unknown[] = [];
  const send: Connection["send"] = (_event, payload) => void heard.push(payload);
  const alice = { id: "c1", send, join: () => {}, leave: () => {}, close: () => {}, turnAway: () => {} };
  for (const seq of [6, 5]) news.wait(alice, { epoch: "1", seq });
  for (const seq of [5, 6]) {
    news.raise({ epoch: "1", seq });
    await clock.advance(1_000);
  }
  expect(heard).toEqual([{ room: "r", epoch: "1", seq: 6 }]);
});

test("who waits hears of a later epoch once its mark is as far, and which epoch that is", async () => {
  const clock = new ManualClock();
  const news = new StoredNews({ room: "r", patienceMs: 1_000, clock });
  const heard: unknown[] = [];
  const send: Connection["send"] = (_event, payload) => void heard.push(payload);
  const alice = { id: "c1", send, join: () => {}, leave: () => {}, close: () => {}, turnAway: () => {} };
  news.wait(alice, { epoch: "1", seq: 6 });
  for (const seq of [4, 7]) {
    news.raise({ epoch: "2", seq });
    await clock.advance(1_000);
  }
  expect(heard).toEqual([{ room: "r", epoch: "2", seq: 7 }]);
});

test("who joins before everything is stored is told when it is; who left is not", async () => {
  const rig = createRig();
  const alice = await member(rig, "alice");
  await says(alice, "m1");
  const bob = await member(rig, "bob");
  await alice.ask("room:leave", { room: "r" });
  await rig.flush();
  const late = await member(rig, "late");
  await rig.clock.advance(5_000);
  expect([alice, bob, late].map(told)).toEqual([[], [["stored", 1]], []]);
});
