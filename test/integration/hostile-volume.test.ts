import { once } from "node:events";
import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { heapUsed } from "../harness/heap-used.ts";
import { mutate, mutateValue } from "../harness/mutate.ts";
import { rawClient, upgradeRequest } from "../harness/raw-client.ts";
import { seededRandom } from "../harness/seeded-random.ts";
import { sized } from "../harness/size.ts";
import { until } from "../harness/until.ts";

const frames = sized(10_000, 300_000);
const withinMs = 120_000 + 4 * frames;
const resets = 1_000;
const together = 10;
/** Frames of one connection, unless a bad one ends it before. */
const perConnection = 50;
/** What caches and compiled code may keep of a run, bytes. */
const allowedGrowth = 32 * 1_048_576;

const seeds = [
  "2probe",
  "3",
  "40/chat,",
  '40/chat,{"token":"x"}',
  "41/chat,",
  '42/chat,1["room:join",{"room":"lobby","after":{"epoch":"1","seq":0},"limit":10}]',
  '42/chat,2["message:send",{"room":"lobby","id":"a-1","text":"hello","meta":{"a":[1,{"b":null}]}}]',
  '42/chat,3["message:edit",{"room":"lobby","id":"a-2","target":1,"text":"hallo"}]',
  '42/chat,4["message:react",{"room":"lobby","id":"a-3","target":1,"emoji":"+1","on":true}]',
  '42/chat,5["history:get",{"room":"lobby","before":10,"limit":5}]',
  '42/chat,["receipt",{"room":"lobby","seq":1}]',
  '451-/chat,6["message:send",{"_placeholder":true,"num":0}]',
  '43/chat,7[{"ok":true}]',
].map((text) => Buffer.from(text));

async function dial(fixture: GatewayFixture): Promise<WebSocket> {
  const ws = new WebSocket(`${fixture.url.replace("http", "ws")}/rt/?EIO=4&transport=websocket`);
  ws.on("error", () => {});
  await once(ws, "open");
  return ws;
}

async function greeting(fixture: GatewayFixture): Promise<string> {
  return `40/chat,${JSON.stringify({ token: await fixture.token({ sub: "mallory" }) })}`;
}

/** Sends until a bad frame ends the connection. Resolves with how many frames went out. */
async function shoot(ws: WebSocket, frame: () => Buffer | string, binary: () => boolean): Promise<number> {
  let sent = 0;
  for (; sent < perConnection && ws.readyState === WebSocket.OPEN; sent++) {
    ws.send(frame(), { binary: binary() });
    if (sent % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  ws.terminate();
  return sent;
}

/** One hostile connection, let in or not, whose frames are broken anywhere. Few last for more than two. */
async function breakFrames(fixture: GatewayFixture, random: () => number): Promise<number> {
  const ws = await dial(fixture);
  if (random() < 0.7) ws.send(await greeting(fixture));
  const seed = (): Buffer => seeds[Math.floor(random() * seeds.length)] ?? Buffer.alloc(0);
  return shoot(
    ws,
    () => mutate(seed(), random),
    () => random() < 0.1,
  );
}

/** One that is in, and asks for what makes no sense. */
async function breakValues(fixture: GatewayFixture, random: () => number): Promise<number> {
  const ws = await dial(fixture);
  ws.send(await greeting(fixture));
  while (ws.readyState === WebSocket.OPEN) if (String(await once(ws, "message")).startsWith("40/chat,")) break;
  const events = seeds.map(String).filter((seed) => seed.startsWith("42"));
  const seed = (): string => events[Math.floor(random() * events.length)] ?? "";
  return shoot(
    ws,
    () => mutateValue(seed(), random),
    () => false,
  );
}

async function attackUntil(fixture: GatewayFixture, total: number, seed: number): Promise<void> {
  const random = seededRandom(seed);
  let sent = 0;
  const attacker = async (): Promise<void> => {
    while (sent < total) sent += await (random() < 0.5 ? breakFrames : breakValues)(fixture, random);
  };
  await Promise.all(Array.from({ length: together }, attacker));
}

test(
  "mutated frames in great number leave the process alive, the heap as it was and Object.prototype untouched",
  async () => {
    await using fixture = await startGateway();
    const alice = await fixture.connect("alice");
    await alice.request("room:join", { room: "quiet" });
    const prototype = Reflect.ownKeys(Object.prototype);
    await attackUntil(fixture, frames / 10, 1);
    const before = heapUsed();
    await attackUntil(fixture, frames, 2);
    // A connection is remembered until its time to show a token is over.
    await until(() => heapUsed() - before < allowedGrowth, { within: 30_000, every: 1_000 });
    expect(Reflect.ownKeys(Object.prototype)).toEqual(prototype);
    expect(await alice.request("message:send", { room: "quiet", id: "a", text: "still here" })).toMatchObject({
      ok: true,
    });
  },
  withinMs,
);

test("a thousand connections that are reset inside the upgrade leave the process alive", async () => {
  await using fixture = await startGateway();
  const headers = { Authorization: `Bearer ${await fixture.token()}` };
  for (let i = 0; i < resets; i += together) {
    const clients = await Promise.all(Array.from({ length: together }, () => rawClient(fixture.port)));
    for (const client of clients) {
      client.write(upgradeRequest("/rt/?EIO=4&transport=websocket", headers));
      client.reset();
    }
    await Promise.all(clients.map(({ closed }) => closed));
  }
  expect((await fetch(fixture.url)).status).toBe(200);
});
