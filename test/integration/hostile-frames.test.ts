import { expect, test } from "vitest";
import { limits } from "../../src/protocol/limits.ts";
import { type GatewayFixture, startGateway, type TestClient } from "../harness/gateway-fixture.ts";
import { type FrameClient, frameClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

/** Two honest clients that talk while the other one misbehaves, and notice nothing. */
async function witness(fixture: GatewayFixture): Promise<() => Promise<void>> {
  const alice = await fixture.connect("alice");
  const bob = await fixture.connect("bob");
  for (const client of [alice, bob]) await client.request("room:join", { room: "quiet" });
  let count = 0;
  return async () => {
    for (let i = 0; i < 5; i++) {
      const sent = await alice.request("message:send", { room: "quiet", id: `w${++count}`, text: "still here" });
      expect(sent).toMatchObject({ ok: true, seq: count });
    }
    await until(() => bob.entries.length === count);
    expect(bob.entries.map(({ seq }) => seq)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect([alice.socket.connected, bob.socket.connected]).toEqual([true, true]);
  };
}

async function enter(fixture: GatewayFixture, user = "mallory"): Promise<FrameClient> {
  const client = await frameClient(fixture.url);
  client.ws.send(`40/chat,${JSON.stringify({ token: await fixture.token({ sub: user }) })}`);
  await until(() => client.frames.some((frame) => frame.startsWith("40/chat,")));
  return client;
}

const badFrames: readonly [string, string | Buffer][] = [
  ["a frame over the limit", `42/chat,["message:send","${"x".repeat(limits.frameBytes)}"]`],
  ["an event name of 1 MiB", `42/chat,["${"n".repeat(1_048_576)}"]`],
  ["binary that nobody announced", Buffer.from([1, 2, 3, 4])],
  ["a hundred announced attachments", `45100-/chat,["x",{"_placeholder":true,"num":0}]`],
  ["an attachment that never comes, then text", `451-/chat,["x",{"_placeholder":true,"num":0}]`],
  ["an unknown packet type", "49/chat,[]"],
  ["an unknown engine packet", "zzz"],
  ["JSON that breaks off", `42/chat,["message:send",{"room":`],
  ["an event that is no list", `42/chat,{"a":1}`],
  ["an event without a name", "42/chat,[]"],
  ["an event whose name is an object", `42/chat,[{"toString":1}]`],
  ["the reserved event disconnect", `42/chat,["disconnect"]`],
  ["the reserved event newListener", `42/chat,["newListener","x"]`],
  ["an acknowledgement number that is none", `42/chat,99999999999999999999x["x"]`],
  ["an event for a namespace it is not in", `42/admin,["x"]`],
  ["a second CONNECT", `40/chat,{}`],
  ["a CONNECT with a list", "40/chat,[]"],
];

test.each(badFrames)("%s ends the connection that sent it and disturbs nobody", async (what, frame) => {
  await using fixture = await startGateway();
  const stillFine = await witness(fixture);
  await using mallory = await enter(fixture);
  mallory.ws.send(frame);
  if (what.startsWith("an attachment that never")) mallory.ws.send(`42/chat,["x"]`);
  await mallory.closed;
  await stillFine();
});

test("text that is not UTF-8 ends the connection that sent it", async () => {
  await using fixture = await startGateway();
  const stillFine = await witness(fixture);
  await using mallory = await enter(fixture);
  mallory.ws.send(Buffer.from([0x34, 0x32, 0xff, 0xfe, 0xc0, 0xaf]), { binary: false });
  expect(await mallory.closed).toBe(1007);
  await stillFine();
});

const refusedRequests: readonly [string, string, string][] = [
  ["an unknown event", "room:destroy", "{}"],
  ["the event error", "error", "{}"],
  ["an event with the name of a property", "__proto__", "{}"],
  ["no payload", "message:send", "null"],
  ["a list for a payload", "message:send", "[]"],
  ["an operator for an id", "message:send", `{"room":"r","id":{"$gt":""},"text":"x"}`],
  ["an operator for a room", "room:join", `{"room":{"$gt":""}}`],
  ["a key __proto__", "message:send", `{"room":"r","id":"a","text":"x","meta":{"__proto__":{"admin":true}}}`],
  ["a key constructor, deep down", "message:send", `{"room":"r","id":"a","text":"x","meta":{"a":[{"constructor":1}]}}`],
  ["a misspelt option", "message:send", `{"room":"r","id":"a","text":"x","durabilty":"safe"}`],
  ["half a surrogate pair", "message:send", String.raw`{"room":"r","id":"a","text":"\ud800"}`],
  ["a room name with spaces", "room:join", `{"room":"a b"}`],
  ["a room name with a wildcard", "room:join", `{"room":"**"}`],
  [
    "meta that nests too deep",
    "message:send",
    `{"room":"r","id":"a","text":"x","meta":${'{"a":'.repeat(20)}1${"}".repeat(20)}}`,
  ],
  ["JSON that nests ten thousand deep", "message:send", `${"[".repeat(10_000)}${"]".repeat(10_000)}`],
  ["a negative place", "room:join", `{"room":"r","after":{"epoch":"1","seq":-1}}`],
  ["a place that is too large for a number", "history:get", `{"room":"r","before":1e300}`],
];

test.each(refusedRequests)(
  "%s is answered with BAD_REQUEST, and the connection goes on",
  async (_what, event, payload) => {
    await using fixture = await startGateway();
    const stillFine = await witness(fixture);
    await using mallory = await enter(fixture);
    mallory.ws.send(`42/chat,7${JSON.stringify([event]).slice(0, -1)},${payload}]`);
    const reply = await until(() => mallory.frames.find((frame) => frame.startsWith("43/chat,7")));
    expect(reply).toContain(`"code":"BAD_REQUEST"`);
    expect(Object.prototype).not.toHaveProperty("admin");
    mallory.ws.send(`42/chat,8["room:leave",{"room":"r"}]`);
    await until(() => mallory.frames.find((frame) => frame.startsWith("43/chat,8")));
    await stillFine();
  },
);

test("requests without an acknowledgement, or with something else in its place, are done without an answer", async () => {
  await using fixture = await startGateway();
  await using mallory = await enter(fixture);
  mallory.ws.send(`42/chat,1["room:join",{"room":"r"}]`);
  await until(() => mallory.frames.find((frame) => frame.startsWith("43/chat,1")));
  mallory.ws.send(`42/chat,["room:join",{"room":"r"}]`);
  mallory.ws.send(`42/chat,["room:join",{"room":"r"},"ack"]`);
  mallory.ws.send(`42/chat,["message:send"]`);
  mallory.ws.send(`43/chat,5["nobody asked"]`);
  mallory.ws.send(`42/chat,9["message:send",{"room":"r","id":"a","text":"x"}]`);
  const reply = await until(() => mallory.frames.find((frame) => frame.startsWith("43/chat,9")));
  expect(reply).toContain(`"ok":true`);
});

test("binary attachments that did arrive are refused as text", async () => {
  await using fixture = await startGateway();
  await using mallory = await enter(fixture);
  const payload = `{"room":"r","id":"a","text":"x","meta":{"file":{"_placeholder":true,"num":0}}}`;
  mallory.ws.send(`451-/chat,3["message:send",${payload}]`);
  mallory.ws.send(Buffer.from("hello"));
  const reply = await until(() => mallory.frames.find((frame) => frame.startsWith("43/chat,3")));
  expect(reply).toContain(`"code":"BAD_REQUEST"`);
});

test("text and meta over their bytes are TOO_LARGE, counted as UTF-8", async () => {
  await using fixture = await startGateway();
  const client: TestClient = await fixture.connect("alice");
  await client.request("room:join", { room: "r" });
  const send = (id: string, more: object) => client.request("message:send", { room: "r", id, text: "x", ...more });
  expect(await send("a", { text: "é".repeat(4_096) })).toMatchObject({ ok: true });
  expect(await send("b", { text: "é".repeat(4_097) })).toMatchObject({ error: { code: "TOO_LARGE" } });
  expect(await send("c", { meta: { a: "x".repeat(5_000) } })).toMatchObject({ error: { code: "TOO_LARGE" } });
});

test("a flood of requests is refused with a time to wait, then slowed, then closed; others are served", async () => {
  await using fixture = await startGateway({ gateway: { limits: {} } });
  const stillFine = await witnessOnce(fixture);
  await using mallory = await enter(fixture);
  const flood = setInterval(() => {
    for (let i = 0; i < 100; i++) mallory.ws.send(`42/chat,${i}["nonsense",{}]`);
  }, 5);
  await mallory.closed.finally(() => clearInterval(flood));
  const refused = mallory.frames.filter((frame) => frame.includes(`"code":"RATE_LIMITED"`));
  expect(refused[0]).toContain("retryAfterMs");
  expect(mallory.frames.some((frame) => frame.includes("server:reconnect") && frame.includes("rate"))).toBe(true);
  await stillFine();
});

async function witnessOnce(fixture: GatewayFixture): Promise<() => Promise<void>> {
  const alice = await fixture.connect("alice");
  await alice.request("room:join", { room: "quiet" });
  return async () => {
    expect(await alice.request("message:send", { room: "quiet", id: "w", text: "x" })).toMatchObject({ ok: true });
    await until(() => alice.entries.length === 1);
  };
}
