import { describe, expect, test } from "vitest";
import { limits } from "../../src/protocol/limits.ts";
import { type GatewayFixture, startGateway, type TestClient } from "../harness/gateway-fixture.ts";
import { type FrameClient, frameClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const room = "r".repeat(128);
const id = "i".repeat(limits.clientIdLength);
/** Bytes of `{"k":""}`. */
const emptyMeta = 8;

/** Every value as large as it may be; the text is of characters that JSON writes with six bytes for one, but a last one to see. */
const largest = {
  text: `${"\u0001".repeat(limits.textBytesMax - 1)}x`,
  mentions: Array.from({ length: limits.mentions }, () => "😀".repeat(limits.userIdLength)),
  meta: { k: "x".repeat(limits.metaBytes - emptyMeta) },
};

function start(): Promise<GatewayFixture> {
  return startGateway({ gateway: { limits: { textBytes: limits.textBytesMax } } });
}

/** JSON in which every character of every text is an escape: the most bytes that a sender can need. */
function escapedJson(value: unknown): string {
  const escape = (text: string): string =>
    Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, "0")}`).join("");
  if (typeof value === "string") return `"${escape(value)}"`;
  if (Array.isArray(value)) return `[${value.map(escapedJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{${Object.entries(value)
    .map(([key, item]) => `${escapedJson(key)}:${escapedJson(item)}`)
    .join(",")}}`;
}

describe.each([
  ["WebSocket", { transports: ["websocket"], path: "/rt" }],
  ["polling", { transports: ["polling"], path: "/socket.io" }],
])("by %s", (_name, transport) => {
  async function joined(fixture: GatewayFixture): Promise<TestClient> {
    const client = await fixture.connect("alice", transport);
    expect(await client.request("room:join", { room })).toMatchObject({ ok: true });
    return client;
  }

  test("a send and an edit with every value at its limit, escaped six times over, pass", async () => {
    await using fixture = await start();
    const client = await joined(fixture);
    expect(await client.request("message:send", { room, id, ...largest })).toMatchObject({ ok: true, seq: 1 });
    const edit = { room, id: "e", target: 1, text: largest.text };
    expect(await client.request("message:edit", edit)).toMatchObject({ ok: true, seq: 2 });
    await until(() => client.entries.length === 2);
    expect(client.entries).toMatchObject([largest, { text: largest.text }]);
  });

  test("one byte more of text, of an edit or of `meta` is TOO_LARGE, and the connection goes on", async () => {
    await using fixture = await start();
    const client = await joined(fixture);
    await client.request("message:send", { room, id: "m", text: "x" });
    const text = `${largest.text}\u0001`;
    const tooLarge = { ok: false, error: { code: "TOO_LARGE", retryable: false } };
    expect(await client.request("message:send", { room, id, ...largest, text })).toMatchObject(tooLarge);
    expect(await client.request("message:edit", { room, id, target: 1, text })).toMatchObject(tooLarge);
    const meta = { k: `${largest.meta.k}x` };
    expect(await client.request("message:send", { room, id, ...largest, meta })).toMatchObject(tooLarge);
    const much = "x".repeat(2 * limits.textBytesMax);
    expect(await client.request("message:send", { room, id, text: much })).toMatchObject(tooLarge);
    expect(await client.request("message:send", { room, id, text: "x", meta: { much } })).toMatchObject(tooLarge);
    expect(client.socket.connected).toBe(true);
  });
});

async function enter(fixture: GatewayFixture): Promise<FrameClient> {
  const client = await frameClient(fixture.url);
  client.ws.send(`40/chat,${JSON.stringify({ token: await fixture.token() })}`);
  await until(() => client.frames.some((frame) => frame.startsWith("40/chat,")));
  return client;
}

test("a request of allowed size passes also where its sender escapes every character", async () => {
  await using fixture = await start();
  await using client = await enter(fixture);
  client.ws.send(`42/chat,1${JSON.stringify(["room:join", { room }])}`);
  client.ws.send(`42/chat,2${escapedJson(["message:send", { room, id, ...largest, durability: "stored" }])}`);
  client.ws.send(`42/chat,3${escapedJson(["message:send", { room, id: "m2", ...largest }])}`);
  const reply = await until(() => client.frames.find((frame) => frame.startsWith("43/chat,3")));
  expect(reply).toContain(`"ok":true`);
  expect(await fixture.log.head(room)).toMatchObject({ seq: 2 });
});

test("a token of the most characters gets an answer, however it is escaped", async () => {
  await using fixture = await start();
  await using client = await enter(fixture);
  client.ws.send(`42/chat,1${escapedJson(["auth:refresh", { token: "😀".repeat(limits.tokenLength) }])}`);
  const reply = await until(() => client.frames.find((frame) => frame.startsWith("43/chat,1")));
  expect(reply).toContain(`"code":"UNAUTHENTICATED"`);
});
