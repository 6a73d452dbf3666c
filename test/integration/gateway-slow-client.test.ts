import { expect, test } from "vitest";
import { readFrame } from "../../src/adapters/socketio/outbound-frame.ts";
import type { QueueLimits } from "../../src/gateway/slow-consumer.ts";
import { type GatewayFixture, startGateway, type TestClient } from "../harness/gateway-fixture.ts";
import { type FrameClient, frameClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const text = "x".repeat(8_000);

/** Two who keep up, and one who can be told to stop reading. */
async function setUp(queue: Partial<QueueLimits>) {
  const fixture = await startGateway({ sockets: { queue } });
  const alice = await fixture.connect("alice");
  const bob = await fixture.connect("bob");
  for (const client of [alice, bob]) await client.request("room:join", { room: "r" });
  const slow = await frameClient(fixture.url);
  slow.ws.send(`40/chat,${JSON.stringify({ token: await fixture.token({ sub: "slow" }) })}`);
  await until(() => slow.frames.some((frame) => frame.startsWith("40/chat,")));
  await ask(slow, 1, ["room:join", { room: "r" }]);
  return {
    fixture,
    alice,
    bob,
    slow,
    [Symbol.asyncDispose]: async (): Promise<void> => {
      await slow[Symbol.asyncDispose]();
      await fixture[Symbol.asyncDispose]();
    },
  };
}

async function ask(client: FrameClient, id: number, request: readonly [string, object]): Promise<string> {
  client.ws.send(`42/chat,${id}${JSON.stringify(request)}`);
  const isAnswer = (frame: string): boolean => frame.startsWith(`43/chat,${id}[`);
  await until(() => client.frames.some(isAnswer));
  return client.frames.find(isAnswer) ?? "";
}

async function says(fixture: GatewayFixture, line: string): Promise<boolean> {
  return (await fixture.metrics.scrape()).text.includes(`${line}\n`);
}

/** Sends until it is so. Returns how many it took. */
async function sendUntil(client: TestClient, isSo: () => Promise<boolean>): Promise<number> {
  let sent = 0;
  while (!(await isSo())) {
    const batch = Array.from({ length: 50 }, () => ({ room: "r", id: `m${++sent}`, text }));
    for (const answer of await Promise.all(batch.map((one) => client.request("message:send", one))))
      expect(answer).toMatchObject({ ok: true });
    expect(sent).toBeLessThan(10_000);
  }
  return sent;
}

/** The seqs of the messages that a raw client got, as far as they were pushed. */
function pushedTo(client: FrameClient): number[] {
  return client.frames.flatMap((raw) => {
    const { event, before, messages } = readFrame(raw.slice(1));
    const first = (before?.seq ?? 0) + 1;
    return event === "messages" ? Array.from({ length: messages }, (_, i) => first + i) : [];
  });
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

test("a client that stops reading is told from where on to ask, misses nothing, and the others notice nothing", async () => {
  await using world = await setUp({});
  const { fixture, alice, bob, slow } = world;
  slow.ws.pause();
  const sent = await sendUntil(alice, () => says(fixture, 'weir_slow_client_steps_total{step="resync"} 1'));
  await until(() => bob.entries.length === sent);
  expect(bob.entries.map(({ seq }) => seq)).toEqual(upTo(sent));
  slow.ws.resume();
  const isNotice = (frame: string): boolean => frame.includes('["room:resync",');
  await until(() => slow.frames.some(isNotice));
  const seen = pushedTo(slow);
  expect(seen).toEqual(upTo(seen.length));
  const notice = `{"room":"r","from":{"epoch":"1","seq":${seen.length}},"reason":"slow"}`;
  expect(slow.frames.find(isNotice)).toContain(notice);
  let seq = seen.length;
  for (let id = 2; seq < sent; id++) {
    const answer = await ask(slow, id, ["room:join", { room: "r", after: { epoch: "1", seq }, limit: 5 }]);
    const entries = answer.slice(answer.indexOf('"entries"'), answer.indexOf('"storedSeq"'));
    const next = [...entries.matchAll(/"seq":(\d+)/g)].map(([, found]) => Number(found));
    expect(next[0]).toBe(seq + 1);
    seq = next.at(-1) ?? sent;
  }
  await alice.request("message:send", { room: "r", id: "last", text: "hello" });
  await until(() => pushedTo(slow).at(-1) === sent + 1);
});

test("a client that takes nothing for good is cut off with a cause, nothing of it is kept, and the others get every message", async () => {
  await using world = await setUp({ maxAgeMs: 1_000, stuckMs: 1_000 });
  const { fixture, alice, bob, slow } = world;
  slow.ws.pause();
  const sent = await sendUntil(alice, () => says(fixture, 'weir_slow_client_steps_total{step="resync"} 1'));
  await until(() => says(fixture, 'weir_connections_cut_total{reason="slow"} 1'), { within: 20_000, every: 50 });
  expect(await says(fixture, 'weir_slow_client_closes_total{cause="stuck"} 1')).toBe(true);
  expect(await says(fixture, 'weir_outbound_queue_bytes{class="durable"} 0')).toBe(true);
  expect(await says(fixture, 'weir_connections{transport="websocket"} 2')).toBe(true);
  await until(() => bob.entries.length === sent);
  expect(bob.entries.map(({ seq }) => seq)).toEqual(upTo(sent));
  expect([alice.socket.connected, bob.socket.connected]).toEqual([true, true]);
  slow.ws.resume();
  await slow.closed;
});

test("who sends receipts and stops is given no more until it confirms; who never sends any is let be", async () => {
  await using world = await setUp({ maxMessages: 20, maxAgeMs: 300, stuckMs: 600_000 });
  const { fixture, alice, bob, slow } = world;
  slow.ws.send('42/chat,["receipt",{"room":"r","seq":0}]');
  const sent = await sendUntil(alice, () => says(fixture, 'weir_slow_clients{state="held"} 1'));
  const more = Array.from({ length: 100 }, (_, i) => ({ room: "r", id: `more${i}`, text: "more" }));
  for (const one of more) await alice.request("message:send", one);
  await until(() => bob.entries.length === sent + more.length);
  const seen = pushedTo(slow).length;
  expect(seen).toBeLessThan(sent + more.length);
  slow.ws.send(`42/chat,["receipt",{"room":"r","seq":${sent + more.length}}]`);
  await until(() => slow.frames.some((frame) => frame.includes('["room:resync",')));
  expect(await says(fixture, 'weir_slow_client_steps_total{step="hold"} 1')).toBe(true);
  expect(bob.socket.connected).toBe(true);
});
