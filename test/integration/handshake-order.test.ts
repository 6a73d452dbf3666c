import { expect, test } from "vitest";
import type { Principal, TokenVerifier } from "../../src/gateway/ports.ts";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { frameClient, rawClient, upgradeRequest } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const handshake = "/socket.io/?EIO=4&transport=polling";
const bearer = { Authorization: "Bearer x.y.z" };
const grants = [{ room: "**", can: ["read", "write"] }] as const;

/** A verifier whose answers wait until the test says so. */
function patientVerifier() {
  const open: (() => void)[] = [];
  let asked = 0;
  const verify: TokenVerifier["verify"] = (id) => {
    asked += 1;
    const principal: Principal = { id, grants, admin: false, expiresAt: Date.now() + 600_000 };
    return new Promise((resolve) => open.push(() => resolve(principal)));
  };
  return { verifier: { verify }, asked: () => asked, answer: () => open.splice(0).forEach((ring) => ring()) };
}

async function value({ metrics }: GatewayFixture, series: string): Promise<number> {
  const { text } = await metrics.scrape();
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? 0);
}

const gone = 'weir_handshakes_total{result="TIMEOUT"}';
/** The place of an address is free again as soon as the gateway has noticed that a client left. */
function isNoticed({ url }: GatewayFixture): Promise<boolean> {
  return until(async () => (await fetch(`${url}${handshake}`)).ok);
}

test("a WebSocket whose client left while its token was checked makes no connection", async () => {
  const { verifier, asked, answer } = patientVerifier();
  await using fixture = await startGateway({ verifier, sockets: { connectionsPerAddress: 1 } });
  await using client = await rawClient(fixture.port);
  client.write(upgradeRequest("/rt/?EIO=4&transport=websocket", bearer));
  await until(() => asked() === 1);
  client.reset();
  await isNoticed(fixture);
  answer();
  await until(async () => (await value(fixture, gone)) === 1);
  expect(await value(fixture, 'weir_handshakes_total{result="ok"}')).toBe(0);
});

test("a poll whose client left while its token was checked makes no session", async () => {
  const { verifier, asked, answer } = patientVerifier();
  await using fixture = await startGateway({ verifier, sockets: { connectionsPerAddress: 1 } });
  const leaving = new AbortController();
  const polled = fetch(`${fixture.url}${handshake}`, { headers: bearer, signal: leaving.signal });
  await until(() => asked() === 1);
  leaving.abort();
  await expect(polled).rejects.toThrow("abort");
  await isNoticed(fixture);
  answer();
  await until(async () => (await value(fixture, gone)) === 1);
});

test("a connection that closed while its token was checked takes no place of its user", async () => {
  const { verifier, asked, answer } = patientVerifier();
  await using fixture = await startGateway({ verifier, sockets: { connectionsPerAddress: 1, connectionsPerUser: 1 } });
  const leaving = await frameClient(fixture.url);
  leaving.ws.send('40/chat,{"token":"alice"}');
  await until(() => asked() === 1);
  await leaving[Symbol.asyncDispose]();
  await using back = await until(() => frameClient(fixture.url).catch(() => undefined));
  answer();
  back.ws.send('40/chat,{"token":"alice"}');
  await until(() => asked() === 2);
  answer();
  await until(() => back.frames.some((frame) => frame.startsWith("40/chat,{")));
});

test("a client that left while it waited for its turn takes no place of its address", async () => {
  const admission = { ratePerSecond: 10, burst: 2 };
  await using fixture = await startGateway({
    sockets: { admission, connectionsPerAddress: 1, trustedProxies: ["127.0.0.1"] },
  });
  const poll = async (address: string) =>
    (await fetch(`${fixture.url}${handshake}`, { headers: { "x-forwarded-for": address } })).status;
  const before = Promise.all(["1.1.1.1", "1.1.1.2", "1.1.1.3", "1.1.1.4"].map(poll));
  await using leaving = await rawClient(fixture.port);
  leaving.write(upgradeRequest("/rt/?EIO=4&transport=websocket", { "X-Forwarded-For": "2.2.2.2" }));
  leaving.reset();
  expect(await before).toEqual([200, 200, 200, 200]);
  await until(async () => (await value(fixture, gone)) === 1);
  expect(await poll("2.2.2.2")).toBe(200);
});

test("handshakes that went well are counted once, when their token is in", async () => {
  await using fixture = await startGateway();
  await using idle = await frameClient(fixture.url);
  expect(await value(fixture, 'weir_handshakes_total{result="ok"}')).toBe(0);
  const alice = await fixture.connect("alice");
  await fixture.connect("bob", { path: "/socket.io", transports: ["polling"] });
  expect(await value(fixture, 'weir_handshakes_total{result="ok"}')).toBe(2);
  expect(await value(fixture, 'weir_connections{transport="websocket"}')).toBe(1);
  expect(await value(fixture, 'weir_connections{transport="polling"}')).toBe(1);
  alice.socket.disconnect();
  await until(async () => (await value(fixture, 'weir_connections{transport="websocket"}')) === 0);
  expect(idle.ws.readyState).toBe(idle.ws.OPEN);
});

test("transports that are not offered get no session, and /rt never polls", async () => {
  await using fixture = await startGateway({ sockets: { transports: ["websocket"] } });
  expect((await fetch(`${fixture.url}${handshake}`)).status).toBe(400);
  expect((await fetch(`${fixture.url}/rt/?EIO=4&transport=polling`)).status).toBe(400);
  await fixture.connect("alice", { path: "/socket.io", transports: ["websocket"] });
});

test("a user over its connections is refused before the upgrade where the header names it, and the place of a closed one is free", async () => {
  await using fixture = await startGateway({ sockets: { connectionsPerUser: 2 } });
  const first = await fixture.connect("alice");
  await fixture.connect("alice");
  const Authorization = `Bearer ${await fixture.token({ sub: "alice" })}`;
  await expect(frameClient(fixture.url, { Authorization })).rejects.toThrow("429");
  first.socket.disconnect();
  await until(() => fixture.connect("alice").then(() => true));
  await expect(frameClient(fixture.url, { Authorization })).rejects.toThrow("429");
});

test("requests of an open session are judged for what they show, not for the rate of handshakes", async () => {
  await using fixture = await startGateway({
    sockets: { admission: { ratePerSecond: 1, burst: 2 }, admissionPatienceMs: 0 },
  });
  const [, sid = ""] = /"sid":"([^"]+)"/.exec(await (await fetch(`${fixture.url}${handshake}`)).text()) ?? [];
  const within = (query = "", headers = {}) =>
    fetch(`${fixture.url}${handshake}&sid=${sid}${query}`, { method: "POST", body: "3", headers });
  const answers = [];
  for (let i = 0; i < 5; i++) answers.push((await within()).status);
  expect(answers).toEqual([200, 200, 200, 200, 200]);
  expect((await within("", { origin: "https://evil.example" })).status).toBe(403);
  expect((await within("&token=x")).status).toBe(401);
});

test("what a client sends without asking for an answer is done, and an answer that is asked for comes once", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice");
  await alice.request("room:join", { room: "r" });
  alice.socket.emit("message:send", { room: "r", id: "m1", text: "no answer wanted" });
  await until(() => alice.entries.length === 1);
  const answered = new Promise((resolve) => alice.socket.emit("room:leave", resolve));
  expect(await answered).toMatchObject({ ok: false, error: { code: "BAD_REQUEST" } });
});
