import { afterAll, expect, test } from "vitest";
import { createTokenVerifier } from "../../src/adapters/jose/token-verifier.ts";
import { MemoryMessageLog } from "../../src/adapters/memory/memory-message-log.ts";
import { MemoryMessageStore } from "../../src/adapters/memory/memory-message-store.ts";
import { Canary } from "../../src/canary/canary.ts";
import { CanaryPass } from "../../src/canary/pass.ts";
import type { Grant } from "../../src/chat/grant.ts";
import { canaryRoom } from "../../src/chat/room.ts";
import { dialSocketIo } from "../../src/client/socket-io-wire.ts";
import { createFlusher } from "../../src/flusher/index.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { Readiness } from "../../src/lifecycle/health.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import type { LogFeed } from "../../src/write-behind/index.ts";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { runRandom } from "../harness/seeded-random.ts";
import { until } from "../harness/until.ts";

const secret = "a shared secret of the gateway's tests";
/** Three of these and 5 s is how long it bears with a gateway that does not deliver. */
const everyMs = 200;

const resources: AsyncDisposable[] = [];
// Tests run side by side, so what they opened ends with the last of them.
afterAll(async () => {
  for (const resource of resources.splice(0).toReversed()) await resource[Symbol.asyncDispose]();
});

interface Watched {
  readonly fixture: GatewayFixture;
  readonly readiness: Readiness;
  readonly secrets: readonly string[];
  readonly feed: { isDeaf: boolean };
}

/** A gateway whose canary is at work, and a feed that can be made to say nothing. */
async function startWatched(): Promise<Watched> {
  const store = new MemoryMessageStore();
  const highestStored = (room: string): Promise<number> => store.highest(room);
  const clock = systemClock;
  const log = new MemoryMessageLog({ partitions: 4, highWatermark: 100_000, tail: 500, highestStored, clock });
  const feed = { isDeaf: false };
  const secrets: string[] = [];
  const newSecret = (): string => {
    const made = `secret-${secrets.length}`;
    secrets.push(made);
    return made;
  };
  const pass = new CanaryPass({ user: "canary-1", newSecret, clock });
  const defaultGrants = [{ room: "**", can: ["read", "write", "moderate"] }] as const;
  const verifier = pass.guard(createTokenVerifier({ keys: { secrets: [secret] }, defaultGrants, clock }));
  const fixture = await startGateway({ log, store, verifier, gateway: { feed: deafening(log, feed) } });
  resources.push(fixture, flushing(fixture));
  const readiness = new Readiness();
  readiness.started();
  const canary = new Canary({
    user: "canary-1",
    pass,
    url: () => fixture.url,
    dial: dialSocketIo,
    everyMs,
    readiness,
    metrics: fixture.metrics,
    logger: silentLogger,
    clock,
    random: runRandom(),
  });
  await canary.start();
  resources.push({ [Symbol.asyncDispose]: () => canary.stop() });
  return { fixture, readiness, secrets, feed };
}

function flushing({ log, store, metrics }: GatewayFixture): AsyncDisposable {
  const term = new AbortController();
  const flusher = createFlusher({
    drainer: log,
    writer: store,
    clock: systemClock,
    random: runRandom(),
    logger: silentLogger,
    metrics,
    limits: { maxEntries: 1_000, maxBytes: 1_048_576 },
    lingerMs: 10,
    concurrency: 1,
    retentionMs: 0,
  });
  const led = flusher.lead(1, term.signal);
  return {
    [Symbol.asyncDispose]: () => {
      term.abort();
      return led;
    },
  };
}

/** Passes everything on, or nothing that is published. */
function deafening(log: LogFeed, state: { readonly isDeaf: boolean }): LogFeed {
  return {
    subscribe: (room, listener) =>
      log.subscribe(room, {
        entry: (entry) => (state.isDeaf ? undefined : listener.entry(entry)),
        stored: (seq) => listener.stored(seq),
      }),
    unsubscribe: (room) => log.unsubscribe(room),
    onInterruption: (callback) => log.onInterruption(callback),
  };
}

async function sample({ fixture }: Watched, series: string): Promise<number> {
  const { text } = await fixture.metrics.scrape();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1));
}

test.concurrent("a feed that goes deaf ends readiness though sends are acknowledged, and when it hears again readiness comes back", async () => {
  const watched = await startWatched();
  const isReady = (): boolean => watched.readiness.current().ready;
  await until(isReady);
  watched.feed.isDeaf = true;
  await until(() => !isReady(), { within: 30_000, every: 20 });
  expect(await sample(watched, 'weir_canary_failures_total{leg="deliver",cause="broken"}')).toBeGreaterThan(0);
  expect(await sample(watched, 'weir_canary_failures_total{leg="send",cause="broken"}')).toBe(0);
  watched.feed.isDeaf = false;
  await until(isReady, { within: 30_000, every: 20 });
}, 60_000);

test.concurrent("it is none of the clients that are counted", async () => {
  const watched = await startWatched();
  await until(() => watched.readiness.current().ready);
  expect(watched.fixture.gateway.connections).toBe(0);
  expect(await sample(watched, 'weir_connections{transport="websocket"}')).toBe(0);
  await watched.fixture.connect("alice");
  expect(watched.fixture.gateway.connections).toBe(1);
  expect(await sample(watched, 'weir_connections{transport="websocket"}')).toBe(1);
});

test.concurrent.each([
  ["the default grant of everything", {}],
  ["a claim of everything, as an admin", { admin: true, rooms: [{ room: "**", can: ["read", "write", "moderate"] }] }],
  ["a claim of that very room", { rooms: [{ room: canaryRoom, can: ["read", "write", "moderate"] }] }],
  ["the name of a canary", { sub: "canary-1", rooms: [{ room: "weir:*", can: ["read", "write"] }] }],
] satisfies [string, { sub?: string; admin?: boolean; rooms?: Grant[] }][])(
  "a user with %s can neither read nor write the canary's room",
  async (_what, claims) => {
    const { fixture, readiness } = await startWatched();
    await until(() => readiness.current().ready);
    const user = await fixture.connect("mallory", { auth: { token: await fixture.token(claims) } });
    const room = canaryRoom;
    const refused = { ok: false, error: { code: "FORBIDDEN" } };
    expect(await user.request("room:join", { room })).toMatchObject(refused);
    expect(await user.request("message:send", { room, id: "x", text: "hello" })).toMatchObject(refused);
    expect(await user.request("message:edit", { room, id: "x", target: 1, text: "hello" })).toMatchObject(refused);
    expect(await user.request("message:delete", { room, id: "x", target: 1 })).toMatchObject(refused);
    expect(await user.request("history:get", { room })).toMatchObject(refused);
    expect(await user.request("typing:set", { room, on: true })).toMatchObject(refused);
    const { seq } = await fixture.log.head(room);
    await until(async () => (await fixture.log.head(room)).seq > seq);
    expect(user.entries).toEqual([]);
  },
);

test.concurrent("what once let the canary in lets nobody in, in either way to show it", async () => {
  const { fixture, secrets, readiness } = await startWatched();
  await until(() => readiness.current().ready && secrets.length > 2);
  const [token = ""] = secrets;
  await expect(fixture.connect("mallory", { auth: { token } })).rejects.toThrow();
  const extraHeaders = { authorization: `Bearer ${token}` };
  await expect(fixture.connect("mallory", { auth: {}, extraHeaders })).rejects.toThrow();
});
