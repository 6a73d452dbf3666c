import { expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { hostilePeer, openPolling } from "../harness/hostile-peer.ts";
import { frameClient, rawClient, upgradeRequest } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

/** The defaults of a deployment. */
const inbound = { packetsPerSecond: 100, bytesPerSecond: 262_144 } as const;
const transports = ["websocket", "polling"] as const;

/** Asks for a WebSocket within a session and leaves. */
async function askUpgrade({ port }: GatewayFixture, session: URL): Promise<void> {
  await using client = await rawClient(port);
  client.write(upgradeRequest(session.pathname + session.search));
  await Promise.race([client.closed, until(() => client.heard() !== "")]);
}

async function flooded({ metrics }: GatewayFixture): Promise<number> {
  const { text } = await metrics.scrape();
  return Number(/^weir_connections_cut_total\{reason="flooded"\} (\d+)$/m.exec(text)?.[1] ?? 0);
}

interface Flood {
  readonly what: string;
  /** Sent a thousand times. */
  readonly packet: string;
  /** Whether Socket.IO ends such a peer by itself at the first packet, where it is in and where it is not. */
  readonly endedBySocketIo?: { readonly inside: boolean; readonly outside: boolean };
}

const floods: readonly Flood[] = [
  { what: "requests to connect to the root", packet: "40" },
  { what: "requests to connect to a namespace that is not there", packet: "40/nowhere," },
  {
    what: "requests to connect with a bad token",
    packet: '40/chat,{"token":"x"}',
    endedBySocketIo: { inside: true, outside: false },
  },
  { what: "pongs that nobody asked for", packet: "3" },
  { what: "noops", packet: "6" },
  { what: "empty messages", packet: "4", endedBySocketIo: { inside: true, outside: true } },
  {
    what: "events",
    packet: '42/chat,["receipt",{"room":"lobby","seq":1}]',
    endedBySocketIo: { inside: false, outside: true },
  },
];

const cases = transports.flatMap((transport) =>
  (["inside", "outside"] as const).flatMap((place) => floods.map((flood) => ({ transport, place, ...flood }))),
);

test.each(cases)(
  "over $transport, a peer $place that floods with $what is closed and counted",
  async ({ transport, place, packet, endedBySocketIo }) => {
    await using fixture = await startGateway({ sockets: { inbound } });
    const token = place === "inside" ? { token: await fixture.token() } : {};
    await using peer = await hostilePeer(fixture, { transport, ...token });
    await peer.send(Array.from({ length: 1_000 }, () => packet));
    await peer.ended();
    if (endedBySocketIo?.[place] !== true) expect(await flooded(fixture)).toBe(1);
  },
);

test.each(transports)(
  "over %s, a peer that is in and keeps to the protocol is closed and counted for the bytes that it sends",
  async (transport) => {
    await using fixture = await startGateway({ sockets: { inbound } });
    await using peer = await hostilePeer(fixture, { transport, token: await fixture.token() });
    const receipt = `42/chat,["receipt",{"room":"lobby","seq":1,"more":"${"x".repeat(60_000)}"}]`;
    for (let i = 0; i < 30; i++) await peer.send([receipt]);
    await peer.ended();
    expect(await flooded(fixture)).toBe(1);
  },
);

test("pings of WebSocket cost their sender", async () => {
  await using fixture = await startGateway({ sockets: { inbound } });
  await using client = await frameClient(fixture.url);
  for (let i = 0; i < 1_000; i++) client.ws.ping("", true, () => {});
  await client.closed;
  expect(await flooded(fixture)).toBe(1);
});

test("a session can't be changed to another transport again and again", async () => {
  await using fixture = await startGateway({ sockets: { inbound } });
  const session = await openPolling(fixture);
  session.searchParams.set("transport", "websocket");
  for (let i = 0; i < 20; i++) await askUpgrade(fixture, session);
  await until(async () => (await flooded(fixture)) === 1);
});

test("requests of polling cost their session, also those that carry nothing", async () => {
  await using fixture = await startGateway({ sockets: { inbound: { ...inbound, packetsPerSecond: 1 } } });
  const session = await openPolling(fixture);
  const statuses = new Set<number>();
  for (let i = 0; i < 20; i++) statuses.add((await fetch(session, { method: "OPTIONS" })).status);
  await until(async () => (await flooded(fixture)) === 1);
  expect(statuses).toContain(429);
});

test("a client at the limits of its rates is left alone", async () => {
  await using fixture = await startGateway({ sockets: { inbound } });
  const client = await fixture.connect("ada");
  const rooms = Array.from({ length: 200 }, (_room, i) => `room-${i}`);
  const answers = await Promise.all(rooms.map((room) => client.request("room:join", { room, limit: 1 })));
  expect(answers.filter(({ ok }) => ok)).toHaveLength(rooms.length);
  const text = "x".repeat(8_192);
  const sends = Array.from({ length: 20 }, (_send, i) => ({ room: "room-0", id: `send-${i}`, text }));
  const sent = await Promise.all(sends.map((send) => client.request("message:send", send)));
  expect(sent.filter(({ ok }) => ok)).toHaveLength(sends.length);
  expect(await flooded(fixture)).toBe(0);
});
