import { expect, test } from "vitest";
import { type ConnectionState, connect as connectClient } from "../../src/client/index.ts";
import { noShedding } from "../../src/gateway/load-level.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { frameClient, rawClient, upgradeRequest } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const handshake = "?EIO=4&transport=polling";

function poll({ url }: GatewayFixture, query = "", headers: Readonly<Record<string, string>> = {}): Promise<Response> {
  return fetch(`${url}/socket.io/${handshake}${query}`, { headers });
}

async function scrape({ metrics }: GatewayFixture): Promise<string> {
  return (await metrics.scrape()).text;
}

test("an address has as many connections as it may, and a new one when one is closed", async () => {
  await using fixture = await startGateway({ sockets: { connectionsPerAddress: 2 } });
  await using first = await frameClient(fixture.url);
  const second = await frameClient(fixture.url);
  await expect(frameClient(fixture.url)).rejects.toThrow();
  const refused = await poll(fixture);
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThanOrEqual(10);
  expect(await scrape(fixture)).toContain('weir_admission_refusals_total{cause="address"} 2');
  await second[Symbol.asyncDispose]();
  await until(async () => (await poll(fixture)).ok);
  expect(first.ws.readyState).toBe(first.ws.OPEN);
});

test("handshakes that wait for their turn together do not get more connections than their address may have", async () => {
  await using fixture = await startGateway({
    sockets: { connectionsPerAddress: 3, admission: { ratePerSecond: 40, burst: 2 }, admissionPatienceMs: 5_000 },
  });
  const answers = await Promise.all(Array.from({ length: 10 }, () => poll(fixture)));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(3);
  expect(answers.filter(({ status }) => status === 429)).toHaveLength(7);
});

test("a handshake that becomes no connection gives back what it took of its address", async () => {
  await using fixture = await startGateway({ sockets: { connectionsPerAddress: 1 } });
  expect((await poll(fixture, "", { authorization: "Bearer no" })).status).toBe(401);
  expect((await fetch(`${fixture.url}/rt/${handshake}`)).status).toBe(400);
  await using gone = await rawClient(fixture.port);
  gone.write(upgradeRequest("/rt/?EIO=4&transport=polling"));
  gone.reset();
  await until(async () => (await poll(fixture)).ok);
  expect((await poll(fixture)).status).toBe(429);
});

test("behind a trusted proxy each client counts for itself", async () => {
  const sockets = { connectionsPerAddress: 1, trustedProxies: ["127.0.0.1"] };
  await using fixture = await startGateway({ sockets });
  const from = async (address: string) => (await poll(fixture, "", { "x-forwarded-for": address })).status;
  expect([await from("1.1.1.1"), await from("1.1.1.1"), await from("2.2.2.2")]).toEqual([200, 429, 200]);
});

test("four clients whose proxy sends their ports too are four, and what can't be read is logged once and counted", async () => {
  const lines: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  await using fixture = await startGateway({
    sockets: { connectionsPerAddress: 3, trustedProxies: ["127.0.0.1"], logger },
  });
  const from = async (address: string) => (await poll(fixture, "", { "x-forwarded-for": address })).status;
  const clients = [1, 2, 3, 4].map((n) => `198.51.100.${n}:51234`);
  for (const client of clients) expect([await from(client), await from(client)]).toEqual([200, 200]);
  const unread = [await from("hidden"), await from("hidden"), await from("hidden"), await from("hidden")];
  expect(unread).toEqual([200, 200, 200, 429]);
  expect(lines).toEqual([{ header: "x-forwarded-for", hop: "hidden" }]);
  expect(await scrape(fixture)).toContain("weir_client_addresses_unread_total 4");
});

test("a user has as many connections as it may, whether its token comes in the header or later", async () => {
  await using fixture = await startGateway({ sockets: { connectionsPerUser: 1 } });
  const alice = await fixture.connect("alice");
  const refusal: unknown = await fixture.connect("alice").catch((error: unknown) => error);
  expect(refusal).toHaveProperty("data.code", "RATE_LIMITED");
  expect(refusal).toHaveProperty("data.retryAfterMs");
  const authorization = `Bearer ${await fixture.token({ sub: "alice" })}`;
  expect((await poll(fixture, "", { authorization })).status).toBe(429);
  await fixture.connect("bob");
  alice.socket.disconnect();
  await until(() => fixture.connect("alice").then(() => true));
});

test("a handshake waits for its turn before it is refused, and one that leaves meanwhile is forgotten", async () => {
  await using fixture = await startGateway({
    sockets: { admission: { ratePerSecond: 20, burst: 2 }, admissionPatienceMs: 1_000 },
  });
  await using leaving = await rawClient(fixture.port);
  const answers = Promise.all(Array.from({ length: 8 }, () => poll(fixture)));
  leaving.write(upgradeRequest("/rt/?EIO=4&transport=websocket"));
  leaving.reset();
  expect((await answers).map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 200));
  const many = await Promise.all(Array.from({ length: 20 }, () => poll(fixture)));
  const refused = many.filter(({ status }) => status === 429);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(20);
});

test("newcomers who are refused do not keep out those who resume", async () => {
  await using fixture = await startGateway({
    sockets: { admission: { ratePerSecond: 1, burst: 8 }, admissionPatienceMs: 0 },
  });
  const newcomers = await Promise.all(Array.from({ length: 20 }, () => poll(fixture)));
  expect(newcomers.some(({ status }) => status === 429)).toBe(true);
  expect((await poll(fixture, "&resume=1")).status).toBe(200);
  const forged = await Promise.all(Array.from({ length: 20 }, () => poll(fixture, "&resume=1")));
  expect(forged.filter(({ status }) => status === 200).length).toBeLessThan(4);
});

test("a gateway that has too much to do lets nobody in and says so with a time; who is in stays", async () => {
  let newcomers: "loop" | undefined;
  await using fixture = await startGateway({ sockets: { load: () => ({ ...noShedding, newcomers }) } });
  const alice = await fixture.connect("alice");
  newcomers = "loop";
  const refused = await poll(fixture);
  expect(refused.status).toBe(503);
  const body: unknown = await refused.json();
  expect(body).toHaveProperty("error.code", "OVERLOADED");
  expect(body).toHaveProperty("error.retryAfterMs");
  expect(await alice.request("room:join", { room: "r" })).toMatchObject({ ok: true });
  newcomers = undefined;
  expect((await poll(fixture)).status).toBe(200);
});

test("times to come back are spread, so that those who were refused together do not come back together", async () => {
  await using fixture = await startGateway({ sockets: { load: () => ({ ...noShedding, newcomers: "loop" }) } });
  const bodies: unknown[] = await Promise.all(Array.from({ length: 20 }, async () => (await poll(fixture)).json()));
  expect(new Set(bodies.map((body) => JSON.stringify(body))).size).toBeGreaterThan(10);
});

test("our client comes back when it was told to, where the transport can tell it, and says that it resumes", async () => {
  let newcomers: "loop" | undefined = "loop";
  await using fixture = await startGateway({ sockets: { load: () => ({ ...noShedding, newcomers }) } });
  const states: ConnectionState[] = [];
  const client = connectClient({
    url: fixture.url,
    token: () => fixture.token(),
    routes: [{ path: "/socket.io", transports: ["polling"] }],
    reconnect: { firstMs: 1, baseMs: 1, maxMs: 1 },
  });
  client.on("state", (state) => void states.push(state));
  const offline = await until(() => states.find((state) => state.status === "offline"));
  expect(offline.status === "offline" ? offline.retryAt - Date.now() : 0).toBeGreaterThan(1_000);
  newcomers = undefined;
  client.retryNow();
  await until(() => client.state.status === "online");
  client.close();
});
