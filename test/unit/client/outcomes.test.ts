import { expect, test } from "vitest";
import { AppendError } from "../../../src/client/append-error.ts";
import type { SendOptions } from "../../../src/client/room.ts";
import { joinAnswer, liveRoom, openClient, placed, refused, type Setting } from "./client-fixtures.ts";

/** The error of an append, once it has one. */
async function errorOf(append: Promise<unknown>): Promise<AppendError> {
  const error = await append.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof AppendError) return error;
  throw new Error(`no AppendError: ${String(error)}`);
}

async function reopen({ network, clock, chat }: Setting): Promise<void> {
  chat.retryNow();
  await clock.advance(0);
  network.wire.listener.opened();
  await clock.advance(0);
  network.wire.take("room:join").answer(joinAnswer(0, []));
  await clock.advance(0);
}

interface Sample {
  readonly text: string;
  readonly options?: SendOptions;
}

const tooLarge: readonly (readonly [string, Sample])[] = [
  ["a text", { text: "x".repeat(70_000) }],
  ["a text of many bytes", { text: "é".repeat(4_097) }],
  ["meta", { text: "hi", options: { meta: { blob: "x".repeat(5_000) } } }],
  ["a request", { text: "hi", options: { mentions: Array.from({ length: 7_000 }, () => "u".repeat(100)) } }],
];

test.each(tooLarge)(
  "%s that is too large is refused at once, and nothing else is touched",
  async (_case, { text, options }) => {
    const setting = await openClient();
    const room = await liveRoom(setting);
    const error = await errorOf(room.send(text, { id: "big", ...options }));
    expect(error).toMatchObject({ code: "TOO_LARGE", id: "big", outcome: "not-stored" });
    expect(setting.network.wire.asked).toEqual([]);
    expect(room.pending).toEqual([]);
    expect(setting.chat.state.status).toBe("online");
  },
);

test("before the first join a text may be as large as any deployment allows, and then as large as the room allows", async () => {
  const setting = await openClient();
  const room = setting.chat.join("r");
  expect(await errorOf(room.send("x".repeat(32_769)))).toMatchObject({ code: "TOO_LARGE" });
  room.send("x".repeat(32_768)).catch(() => undefined);
  expect(room.pending).toHaveLength(1);
  await setting.clock.advance(0);
  setting.network.wire.take("room:join").answer(joinAnswer(0, []));
  await setting.clock.advance(0);
  expect(await errorOf(room.send("x".repeat(8_193)))).toMatchObject({ code: "TOO_LARGE" });
});

test.each([
  ["NaN in `meta`", "x", { a: Number.NaN }],
  ["an infinite number deep in `meta`", "x", { a: [{ b: Infinity }] }],
  ["an integer beyond 2^53 - 1 in `meta`", "x", { a: 2 ** 53 }],
  ["a zero with a sign in `meta`", "x", { a: -0 }],
  ["a text without anything visible", " \u200b", undefined],
])("%s is refused at once, because it would not be kept", async (_case, text, meta) => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const options = meta === undefined ? {} : { meta };
  expect(await errorOf(room.send(text, options))).toMatchObject({ code: "BAD_REQUEST", outcome: "not-stored" });
  expect(setting.network.wire.asked).toEqual([]);
});

test("what can't be written as JSON is refused at once", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  expect(await errorOf(room.send("hi", { meta: cycle }))).toMatchObject({ code: "BAD_REQUEST" });
  expect(await errorOf(room.send("hi", { meta: { n: 1n } }))).toMatchObject({ code: "BAD_REQUEST" });
  expect(setting.network.wire.asked).toEqual([]);
});

test("a name that is no room's is never asked for", async () => {
  const setting = await openClient();
  const room = setting.chat.join("x".repeat(70_000));
  await setting.clock.advance(0);
  expect(room.state).toMatchObject({ status: "out", error: { code: "BAD_REQUEST" } });
  expect(setting.network.wire.asked).toEqual([]);
});

test("an append after which the connection ended twice at once is rejected by itself, and the next one goes on", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const bad = errorOf(room.send("poison", { id: "bad" }));
  const good = room.send("fine", { id: "good" });
  for (const id of ["bad", "bad"]) {
    expect(setting.network.wire.take("message:send").payload).toMatchObject({ id });
    setting.network.wire.listener.closed();
    await reopen(setting);
  }
  expect(await bad).toMatchObject({ code: "UNAVAILABLE", id: "bad", outcome: "unknown" });
  setting.network.wire.take("message:send").answer(placed("good", 1));
  await expect(good).resolves.toMatchObject({ seq: 1 });
});

test("connections that end long after an append went out, or by our own wish, are not held against it", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting);
  const send = room.send("slow", { id: "slow" });
  for (const moved of [false, true, false]) {
    network.wire.take("message:send");
    if (moved) {
      network.wire.listener.pushed("server:reconnect", { afterMs: 0, reason: "draining" });
    } else {
      await clock.advance(5_001);
      network.wire.listener.closed();
    }
    await reopen(setting);
  }
  network.wire.take("message:send").answer(placed("slow", 1));
  await expect(send).resolves.toMatchObject({ seq: 1 });
});

test("what is on its way when the room is left is waited for; what never went out is not stored", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const first = room.send("on its way");
  const second = errorOf(room.send("waits", { id: "second" }));
  const asked = setting.network.wire.take("message:send");
  room.leave();
  expect(await second).toMatchObject({ code: "NOT_IN_ROOM", id: "second", outcome: "not-stored" });
  expect(setting.network.wire.has("room:leave")).toBe(true);
  asked.answer(placed(asked.payload["id"], 7));
  await expect(first).resolves.toMatchObject({ seq: 7 });
});

test("an answer that does not come after the room was left is unknown, within ten seconds", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = errorOf(room.send("on its way", { id: "x" }));
  await setting.clock.advance(3_000);
  room.leave();
  await setting.clock.advance(10_000);
  expect(await send).toMatchObject({ code: "UNAVAILABLE", id: "x", outcome: "unknown" });
});

test("a refusal that comes after the room was left says that nothing is stored", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = errorOf(room.send("on its way", { id: "x" }));
  const asked = setting.network.wire.take("message:send");
  room.leave();
  asked.answer(refused("RATE_LIMITED", 500));
  expect(await send).toMatchObject({ code: "NOT_IN_ROOM", id: "x", outcome: "not-stored" });
});

test("closing the client says of each append whether it may be stored, and by which id to try again", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const sent = errorOf(room.send("on its way", { id: "sent" }));
  const waiting = errorOf(room.send("waits", { id: "waiting" }));
  setting.chat.close();
  expect(await sent).toMatchObject({ code: "UNAVAILABLE", id: "sent", outcome: "unknown" });
  expect(await waiting).toMatchObject({ code: "NOT_IN_ROOM", id: "waiting", outcome: "not-stored" });
});

test("an append whose first try was lost stays unknown, whatever ends it", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = errorOf(room.send("hello", { id: "x" }));
  setting.network.wire.take("message:send").answer(refused("TIMEOUT"));
  await setting.clock.advance(500);
  setting.network.wire.take("message:send").answer(refused("FORBIDDEN"));
  expect(await send).toMatchObject({ code: "FORBIDDEN", outcome: "unknown" });
  const second = errorOf(room.send("hello", { id: "y" }));
  setting.network.wire.take("message:send").answer(refused("UNAVAILABLE"));
  await setting.clock.advance(0);
  room.leave();
  expect(await second).toMatchObject({ code: "UNAVAILABLE", id: "y", outcome: "unknown" });
});

test("an answer that comes after its time is used, and the next append goes out with it", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = room.send("hello", { id: "x" });
  const next = room.send("next", { id: "y" });
  const late = setting.network.wire.take("message:send");
  await setting.clock.advance(10_000);
  expect(room.pending[0]).toMatchObject({ setback: "TIMEOUT" });
  late.answer(placed("x", 1));
  await expect(send).resolves.toMatchObject({ seq: 1 });
  await setting.clock.advance(0);
  expect(setting.network.wire.take("message:send").payload).toMatchObject({ id: "y" });
  next.catch(() => undefined);
});

test("while something arrives on the connection, an answer may take four times as long", async () => {
  const setting = await openClient();
  const { clock, network } = setting;
  const room = await liveRoom(setting);
  room.send("hello", { id: "x" }).catch(() => undefined);
  network.wire.take("message:send");
  for (let i = 0; i < 4; i++) {
    await clock.advance(9_000);
    network.wire.listener.heard();
    expect(room.pending[0]).not.toHaveProperty("setback");
  }
  await clock.advance(4_000);
  expect(room.pending[0]).toMatchObject({ setback: "TIMEOUT" });
});

test("an append that was on its way when the connection broke goes out right after the join, without a wait", async () => {
  const setting = await openClient();
  const room = await liveRoom(setting);
  const send = room.send("hello", { id: "x" });
  setting.network.wire.take("message:send");
  setting.network.wire.listener.closed();
  await reopen(setting);
  setting.network.wire.take("message:send").answer(refused("UNAVAILABLE"));
  // The wait after a first failure: a second one would wait 750 ms.
  await setting.clock.advance(375);
  setting.network.wire.take("message:send").answer(placed("x", 1));
  await expect(send).resolves.toMatchObject({ seq: 1 });
});
