import { expect, test } from "vitest";
import type { TokenVerifier } from "../../src/gateway/ports.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import { limits } from "../../src/protocol/limits.ts";
import { type GatewayFixture, startGateway, tokenSecret } from "../harness/gateway-fixture.ts";
import { frameClient, rawClient, upgradeRequest } from "../harness/raw-client.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { until } from "../harness/until.ts";

const upgradePath = "/rt/?EIO=4&transport=websocket";

/** A verifier that takes its time, as one that fetches keys does. It says when it was asked. */
function slowVerifier(): TokenVerifier & { readonly asked: number; readonly answered: number } {
  let asked = 0;
  let answered = 0;
  return {
    get answered() {
      return answered;
    },
    get asked() {
      return asked;
    },
    verify: async () => {
      asked += 1;
      await systemClock.sleep(30);
      answered += 1;
      throw new ChatError("UNAUTHENTICATED", "no");
    },
  };
}

async function statusOf(
  fixture: GatewayFixture,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<string> {
  await using client = await rawClient(fixture.port);
  client.write(upgradeRequest(path, headers));
  await until(() => client.heard().includes("\r\n\r\n"));
  return client.heard().split("\r\n")[0] ?? "";
}

test("a reset in the middle of an upgrade, while its token is checked, does not end the process", async () => {
  const verifier = slowVerifier();
  await using fixture = await startGateway({ verifier });
  for (let i = 1; i <= 20; i++) {
    await using client = await rawClient(fixture.port);
    client.write(upgradeRequest(upgradePath, { Authorization: "Bearer x.y.z" }));
    await until(() => verifier.asked === i);
    client.reset();
    await client.closed;
  }
  await until(() => verifier.answered === 20);
  expect((await fetch(fixture.url)).status).toBe(200);
});

test("a reset right after an upgrade to a path without sockets does not end the process", async () => {
  await using fixture = await startGateway();
  for (let i = 0; i < 20; i++) {
    await using client = await rawClient(fixture.port);
    client.write(upgradeRequest("/elsewhere"));
    client.reset();
    await client.closed;
  }
  expect((await fetch(fixture.url)).status).toBe(200);
});

test("a token in the header decides before the upgrade: 401 for a bad one, 101 for a good one", async () => {
  await using fixture = await startGateway();
  const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
  expect(await statusOf(fixture, upgradePath, bearer("x.y.z"))).toContain("401");
  expect(await statusOf(fixture, upgradePath, { Authorization: "Basic eDp5" })).toContain("401");
  expect(await statusOf(fixture, upgradePath, bearer(await fixture.token()))).toContain("101");
});

test("a socket whose header had the token connects without another", async () => {
  await using fixture = await startGateway();
  await using client = await frameClient(fixture.url, { Authorization: `Bearer ${await fixture.token()}` });
  client.ws.send("40/chat,");
  await until(() => client.frames.some((frame) => frame.startsWith("40/chat,{")));
});

test.each(["token", "access_token", "auth"])("a token in the query string as %s is refused", async (name) => {
  await using fixture = await startGateway();
  expect(await statusOf(fixture, `${upgradePath}&${name}=${await fixture.token()}`, {})).toContain("401");
  const polled = await fetch(`${fixture.url}/socket.io/?EIO=4&transport=polling&${name}=x`);
  expect(polled.status).toBe(401);
});

test("foreign origins are refused on both paths and transports, the own and the listed ones are not", async () => {
  await using fixture = await startGateway({ sockets: { allowedOrigins: ["https://chat.example"] } });
  const status = (origin: string) => statusOf(fixture, upgradePath, { Origin: origin });
  for (const foreign of ["https://evil.example", "https://chat.example.evil.example", "null", "file://", "\\"]) {
    expect(await status(foreign)).toContain("403");
  }
  for (const known of ["https://chat.example", "http://127.0.0.1"]) expect(await status(known)).toContain("101");
  const polled = await fetch(`${fixture.url}/socket.io/?EIO=4&transport=polling`, {
    headers: { Origin: "https://e.example" },
  });
  expect(polled.status).toBe(403);
});

const badTokens: readonly [string, unknown, string][] = [
  ["no token", {}, "UNAUTHENTICATED"],
  ["a token that is an object", { token: { $gt: "" } }, "UNAUTHENTICATED"],
  ["a token that is rubbish", { token: "rubbish" }, "UNAUTHENTICATED"],
  ["alg none", { token: "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIiwiZXhwIjo5OTk5OTk5OTk5fQ.AA" }, "UNAUTHENTICATED"],
];

test.each(badTokens)("CONNECT with %s gets connect_error with its code", async (_what, auth, code) => {
  await using fixture = await startGateway();
  await using client = await frameClient(fixture.url);
  client.ws.send(`40/chat,${JSON.stringify(auth)}`);
  const reply = await until(() => client.frames.find((frame) => frame.startsWith("44/chat,")));
  expect(reply).toContain(`"data":{"code":"${code}"}`);
});

test("a token that is over gets AUTH_EXPIRED", async () => {
  await using fixture = await startGateway();
  const token = signTestToken(tokenSecret, { sub: "alice", exp: Math.floor(Date.now() / 1_000) - 31 });
  await using client = await frameClient(fixture.url);
  client.ws.send(`40/chat,${JSON.stringify({ token })}`);
  const reply = await until(() => client.frames.find((frame) => frame.startsWith("44/chat,")));
  expect(reply).toContain(`"data":{"code":"AUTH_EXPIRED"}`);
});

test.each(["/", "/admin", "/chat/x", "/__proto__"])("the namespace %s lets nobody in", async (name) => {
  await using fixture = await startGateway();
  await using client = await frameClient(fixture.url);
  client.ws.send(`40${name},${JSON.stringify({ token: await fixture.token() })}`);
  await until(() => client.frames.find((frame) => frame.startsWith("44")));
});

test.each(["null", "[]", '"x"', "1", "{", '{"token":'])("CONNECT with %s for its data is no harm", async (data) => {
  await using fixture = await startGateway();
  await using client = await frameClient(fixture.url);
  client.ws.send(`40/chat,${data}`);
  await Promise.race([client.closed, until(() => client.frames.some((frame) => frame.startsWith("44")))]);
  await fixture.connect("alice");
});

test("a connection that tries tokens is refused after a few, and then cut off", async () => {
  await using fixture = await startGateway();
  await using client = await frameClient(fixture.url);
  for (let i = 0; i < 10; i++) {
    client.ws.send(`40/chat,{"token":"x"}`);
    await until(() => client.frames.filter((frame) => frame.startsWith("44")).length > i);
  }
  expect(client.frames.at(-1)).toContain("RATE_LIMITED");
  client.ws.send(`40/chat,{"token":"x"}`);
  await client.closed;
});

test("a WebSocket that never connects is cut off, though it answers no close", { timeout: 10_000 }, async () => {
  await using fixture = await startGateway({ sockets: { connectTimeoutMs: 100 } });
  await using client = await rawClient(fixture.port);
  client.write(upgradeRequest(upgradePath));
  await client.closed;
  expect(client.heard()).toContain("101");
});

test("a WebSocket that drips rubbish before it connects is cut off", async () => {
  await using fixture = await startGateway({ sockets: { connectTimeoutMs: 100 } });
  await using client = await frameClient(fixture.url);
  const drip = setInterval(() => client.ws.send("3"), 10);
  await client.closed;
  clearInterval(drip);
});

test("a TCP connection that drips its headers is cut off", async () => {
  await using fixture = await startGateway();
  await using client = await rawClient(fixture.port);
  client.write("GET /rt/?EIO=4&transport=websocket HTTP/1.1\r\n");
  const drip = setInterval(() => client.write("X-A: b\r\n"), 50);
  await client.closed;
  clearInterval(drip);
});

test("a client that leaves the namespace is not kept as a bare connection", async () => {
  await using fixture = await startGateway();
  await using client = await frameClient(fixture.url);
  client.ws.send(`40/chat,${JSON.stringify({ token: await fixture.token() })}`);
  await until(() => client.frames.some((frame) => frame.startsWith("40/chat,")));
  client.ws.send("41/chat,");
  await client.closed;
});

test("more handshakes than admitted get 429 with a time to come back", async () => {
  await using fixture = await startGateway({
    sockets: { admission: { ratePerSecond: 1, burst: 2 }, admissionPatienceMs: 0 },
  });
  const poll = () => fetch(`${fixture.url}/socket.io/?EIO=4&transport=polling`);
  expect([(await poll()).status, (await poll()).status]).toEqual([200, 200]);
  const refused = await poll();
  expect(refused.status).toBe(429);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
});

test("a polled body of the frame limit is taken and one over it refused, and requests that are no sockets are passed on", async () => {
  await using fixture = await startGateway();
  const opened = await fetch(`${fixture.url}/socket.io/?EIO=4&transport=polling`);
  const [, sid = ""] = /"sid":"([^"]+)"/.exec(await opened.text()) ?? [];
  const post = async (bytes: number) => {
    const body = `3${"x".repeat(bytes - 1)}`;
    return (await fetch(`${fixture.url}/socket.io/?EIO=4&transport=polling&sid=${sid}`, { method: "POST", body }))
      .status;
  };
  expect([await post(limits.frameBytes), await post(limits.frameBytes + 1)]).toEqual([200, 413]);
  expect(await (await fetch(`${fixture.url}/`)).text()).toBe("not a socket");
});

test("a gateway that leaves refuses newcomers with 503 and sends its clients away", async () => {
  await using fixture = await startGateway();
  const alice = await fixture.connect("alice");
  await fixture.gateway.drain?.(new AbortController().signal);
  expect(await statusOf(fixture, upgradePath, {})).toContain("503");
  expect(alice.pushes("server:reconnect")).toMatchObject([{ reason: "draining" }]);
  await until(() => !alice.socket.connected);
});
