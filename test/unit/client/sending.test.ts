import { expect, test } from "vitest";
import { joinAnswer, liveRoom, openClient, placed, refused, type Setting } from "./client-fixtures.ts";

async function answerSend(setting: Setting, answer: (id: unknown) => object): Promise<string> {
  await setting.clock.advance(0);
  const asked = setting.network.wire.take("message:send");
  asked.answer(answer(asked.payload["id"]));
  await setting.clock.advance(0);
  return String(asked.payload["id"]);
}

async function reconnect({ network, clock }: Setting): Promise<void> {
  await clock.advance(5_000);
  network.wire.listener.opened();
  await clock.advance(0);
  network.wire.take("room:join").answer(joinAnswer(0, []));
  await clock.advance(0);
}

test("a send resolves with the place that the message took", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = room.send("hello", { replyTo: 3 });
  const asked = setting.network.wire.take("message:send");
  expect(asked.payload).toMatchObject({ room: "r", text: "hello", replyTo: 3 });
  expect(asked.payload["id"]).toMatch(/^[A-Za-z0-9_-]{21}$/);
  asked.answer(placed(asked.payload["id"], 4));
  await expect(send).resolves.toMatchObject({ seq: 4 });
  expect(room.pending).toEqual([]);
});

test("messages go out one after the other, so that a retry overtakes nothing", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const sends = ["a", "b"].map((id) => room.send(id, { id }));
  await setting.clock.advance(0);
  expect(setting.network.wire.asked.map(({ payload }) => payload["id"])).toEqual(["a"]);
  expect(await answerSend(setting, () => refused("RATE_LIMITED", 300))).toBe("a");
  await setting.clock.advance(299);
  expect(setting.network.wire.asked).toEqual([]);
  await setting.clock.advance(1);
  expect(await answerSend(setting, (id) => placed(id, 1))).toBe("a");
  expect(await answerSend(setting, (id) => placed(id, 2))).toBe("b");
  await expect(Promise.all(sends)).resolves.toHaveLength(2);
});

test("what was under way when the connection broke is sent again with the same id, after the room is joined again", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = room.send("hello");
  const id = setting.network.wire.take("message:send").payload["id"];
  setting.network.wire.listener.closed();
  await setting.clock.advance(0);
  expect(room.pending).toMatchObject([{ id, name: "message:send", tries: 1 }]);
  await reconnect(setting);
  expect(await answerSend(setting, (again) => ({ ...placed(again, 1), duplicate: true }))).toBe(id);
  await expect(send).resolves.toMatchObject({ duplicate: true });
});

test("what is written offline waits, and goes out in order", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  setting.network.wire.listener.closed();
  const sends = ["a", "b", "c"].map((id) => room.send(id, { id }));
  expect(room.pending.map(({ tries }) => tries)).toEqual([0, 0, 0]);
  await reconnect(setting);
  const order: string[] = [];
  for (const seq of [1, 2, 3]) order.push(await answerSend(setting, (id) => placed(id, seq)));
  expect(order).toEqual(["a", "b", "c"]);
  await Promise.all(sends);
});

test("an answer that stays away is asked for again under the same id", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = room.send("hello");
  const late = setting.network.wire.take("message:send");
  await setting.clock.advance(10_500);
  expect(await answerSend(setting, (id) => placed(id, 1))).toBe(late.payload["id"]);
  late.answer(placed("other", 9));
  await expect(send).resolves.toMatchObject({ seq: 1 });
});

test("an error that a retry can't cure ends the send at once, and the next one goes on", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const bad = room.send("too long", { id: "bad" });
  const good = room.send("fine", { id: "good" });
  bad.catch(() => undefined);
  await answerSend(setting, () => refused("TOO_LARGE"));
  await expect(bad).rejects.toMatchObject({ code: "TOO_LARGE" });
  expect(await answerSend(setting, (id) => placed(id, 1))).toBe("good");
  await good;
});

test("a send ends at its deadline, also while there is no connection, and says whether it can have been stored", async () => {
  const setting = await openClient();
  const room = setting.chat.join("r", { deadlineMs: 30_000 });
  const never = room.send("offline");
  const told = expect(never).rejects.toThrow("never went out");
  await setting.clock.advance(30_000);
  await told;
  expect(room.pending).toEqual([]);
});

test("a server that lost our membership gets a join and then the same message", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = room.send("hello", { id: "x" });
  await answerSend(setting, () => refused("NOT_IN_ROOM"));
  setting.network.wire.take("room:join").answer(joinAnswer(0, []));
  expect(await answerSend(setting, (id) => placed(id, 1))).toBe("x");
  await send;
});

test("edits, deletes and reactions stand in the same line", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const all = [room.edit(1, "b"), room.delete(2), room.react(3, "👍", true)];
  for (const [event, payload] of [
    ["message:edit", { target: 1, text: "b" }],
    ["message:delete", { target: 2 }],
    ["message:react", { target: 3, emoji: "👍", on: true }],
  ] as const) {
    await setting.clock.advance(0);
    const asked = setting.network.wire.take(event);
    expect(asked.payload).toMatchObject(payload);
    asked.answer(placed(asked.payload["id"], 5));
  }
  await expect(Promise.all(all)).resolves.toHaveLength(3);
});

test("while a message waits to be sent again, its sender can see why", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = room.send("hello");
  await setting.clock.advance(0);
  await answerSend(setting, () => refused("OVERLOADED", 300));
  expect(room.pending).toMatchObject([{ setback: "OVERLOADED", retryAt: setting.clock.now() + 300 }]);
  await setting.clock.advance(300);
  expect(room.pending[0]).not.toHaveProperty("retryAt");
  await answerSend(setting, (id) => placed(id, 1));
  await expect(send).resolves.toMatchObject({ seq: 1 });
  expect(room.pending).toEqual([]);
});
