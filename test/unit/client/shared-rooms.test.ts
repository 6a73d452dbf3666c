import { expect, test } from "vitest";
import { collectSeqs, entry, joinAnswer, liveRoom, openClient, placed, refused } from "./client-fixtures.ts";

test("two handles of one room share one join, and both hear what comes", async () => {
  const setting = await openClient();
  const { network, chat, clock } = setting;
  const [first, second] = [chat.join("r"), chat.join("r")];
  const [a, b] = [collectSeqs(first), collectSeqs(second)];
  await clock.advance(0);
  network.wire.take("room:join").answer(joinAnswer(1, [entry(1)]));
  await clock.advance(0);
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(2)] });
  expect([a, b]).toEqual([
    [1, 2],
    [1, 2],
  ]);
  expect(network.wire.has("room:join")).toBe(false);
  expect(first.state).toEqual({ status: "live" });
  expect(second.position).toEqual(first.position);
});

test("a handle that leaves hears nothing more, and the other one goes on", async () => {
  const setting = await openClient();
  const { network, chat } = setting;
  const first = await liveRoom(setting);
  const second = chat.join("r");
  const [a, b] = [collectSeqs(first), collectSeqs(second)];
  const states: string[] = [];
  first.on("state", ({ status }) => states.push(status));
  first.leave();
  network.wire.listener.pushed("messages", { room: "r", entries: [entry(1)] });
  expect([a, b]).toEqual([[], [1]]);
  expect(states).toEqual(["out"]);
  expect(network.wire.has("room:leave")).toBe(false);
  expect(second.state.status).toBe("live");
  await expect(first.send("late", { id: "x" })).rejects.toMatchObject({ code: "NOT_IN_ROOM", id: "x" });
});

test("the membership ends with the last handle, once, however often each leaves", async () => {
  const setting = await openClient();
  const first = await liveRoom(setting);
  const second = setting.chat.join("r");
  first.leave();
  first.leave();
  expect(setting.network.wire.has("room:leave")).toBe(false);
  second.leave();
  second.leave();
  setting.network.wire.take("room:leave");
  expect(setting.network.wire.has("room:leave")).toBe(false);
  expect(setting.chat.join("r").state.status).toBe("joining");
});

test("a handle's appends are its own: those of another one wait on when it leaves", async () => {
  const setting = await openClient();
  const { network, clock, chat } = setting;
  const first = await liveRoom(setting);
  const second = chat.join("r");
  const seen: number[] = [];
  second.on("pending", (pending) => seen.push(pending.length));
  const mine = first.send("mine", { id: "mine" });
  const late = first.send("late", { id: "late" });
  const other = second.send("other", { id: "other" });
  expect(first.pending.map(({ id }) => id)).toEqual(["mine", "late"]);
  expect(second.pending.map(({ id }) => id)).toEqual(["other"]);
  expect(seen).toEqual([1]);
  first.leave();
  await expect(late).rejects.toMatchObject({ code: "NOT_IN_ROOM", outcome: "not-stored" });
  for (const [id, seq] of [
    ["mine", 1],
    ["other", 2],
  ] as const) {
    network.wire.take("message:send").answer(placed(id, seq));
    await clock.advance(0);
  }
  await expect(mine).resolves.toMatchObject({ seq: 1 });
  await expect(other).resolves.toMatchObject({ seq: 2 });
});

test("a last try of a handle that has left is not repeated, and the next handle's append goes out", async () => {
  const setting = await openClient();
  const { network, clock, chat } = setting;
  const first = await liveRoom(setting);
  const second = chat.join("r");
  const mine = first.send("mine", { id: "mine" });
  second.send("other", { id: "other" }).catch(() => undefined);
  const asked = network.wire.take("message:send");
  first.leave();
  asked.answer(refused("UNAVAILABLE"));
  await expect(mine).rejects.toMatchObject({ code: "UNAVAILABLE", id: "mine", outcome: "unknown" });
  await clock.advance(0);
  expect(network.wire.take("message:send").payload).toMatchObject({ id: "other" });
});

test("a removal ends all handles, and each of them says so", async () => {
  const setting = await openClient();
  const first = await liveRoom(setting);
  const second = setting.chat.join("r");
  const reasons: unknown[] = [];
  for (const room of [first, second]) room.on("state", (state) => reasons.push(state));
  setting.network.wire.listener.pushed("room:removed", { room: "r", reason: "kicked" });
  expect(reasons).toMatchObject([
    { status: "out", reason: "kicked" },
    { status: "out", reason: "kicked" },
  ]);
});

test("a refused leave is said again as told, until the server has heard it", async () => {
  const setting = await openClient();
  const { network, clock } = setting;
  (await liveRoom(setting)).leave();
  network.wire.take("room:leave").answer(refused("RATE_LIMITED", 700));
  await clock.advance(699);
  expect(network.wire.has("room:leave")).toBe(false);
  await clock.advance(1);
  network.wire.take("room:leave").answer({ ok: true });
  await clock.advance(60_000);
  expect(network.wire.has("room:leave")).toBe(false);
});

test("a leave that is never answered is said again", async () => {
  const setting = await openClient();
  (await liveRoom(setting)).leave();
  setting.network.wire.take("room:leave");
  await setting.clock.advance(10_500);
  expect(setting.network.wire.has("room:leave")).toBe(true);
});

test("a refused leave is not said again where the room was joined anew, or the connection is another one", async () => {
  const setting = await openClient();
  const { network, clock, chat } = setting;
  (await liveRoom(setting)).leave();
  network.wire.take("room:leave").answer(refused("RATE_LIMITED", 700));
  const again = await liveRoom(setting);
  await clock.advance(10_000);
  expect(network.wire.has("room:leave")).toBe(false);
  again.leave();
  network.wire.take("room:leave");
  network.wire.listener.closed();
  chat.retryNow();
  await clock.advance(0);
  network.wire.listener.opened();
  await clock.advance(10_000);
  expect(network.wire.has("room:leave")).toBe(false);
});
