import fc from "fast-check";
import { expect, test } from "vitest";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { hostilePeer, sessionIdIn } from "../harness/hostile-peer.ts";
import { frameClient, rawClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const requests = 10_000;
/** Requests that are open at the same time. */
const together = 100;
/** The connections that the address may have; all are taken before the first request. */
const seats = 3;

interface Request {
  readonly method: string;
  readonly path: string;
  readonly query: readonly string[];
  readonly headers: readonly string[];
}

const upgrade = [
  "Connection: Upgrade",
  "Upgrade: websocket",
  "Sec-WebSocket-Version: 13",
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
];

/** Parts of a query as clients send them, and as they should not; SID stands for a session that has ended. */
const queryPart = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom("EIO=4", "transport=websocket", "transport=polling") },
  fc.constantFrom(
    "sid=",
    "sid",
    "sid=SID",
    "sid=%00",
    "sid=__proto__",
    "sid=constructor",
    "sid[]=SID",
    "%73id=",
    "SID=",
    "sid=+",
    "sid=null",
  ),
  fc.constantFrom(
    "EIO=3",
    "EIO=",
    "transport=webtransport",
    "transport=Polling",
    "transport=",
    "transport[]=polling",
    "j=0",
    "b64=1",
    "resume=1",
  ),
  fc.constantFrom("", "=", "?", "&", "#sid=SID", ";sid=SID", "t=1", "_query=x", "__proto__=x"),
);

const request: fc.Arbitrary<Request> = fc.record({
  method: fc.oneof({ weight: 6, arbitrary: fc.constant("GET") }, fc.constantFrom("POST", "OPTIONS", "HEAD", "PUT")),
  path: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom("/rt/", "/socket.io/") },
    fc.constantFrom(
      "/rt",
      "/socket.io",
      "//rt/",
      "/rt/x",
      "/rt//",
      "/socket.io/../rt/",
      "/%72t/",
      "/RT/",
      "http://127.0.0.1/rt/",
    ),
  ),
  query: fc.oneof(
    { weight: 2, arbitrary: fc.array(queryPart, { maxLength: 6 }) },
    fc
      .tuple(fc.constantFrom("transport=websocket", "transport=polling"), queryPart)
      .map((parts) => ["EIO=4", ...parts]),
  ),
  headers: fc.oneof(
    fc.constant(upgrade),
    fc.constant([]),
    fc.constantFrom(["Connection: Upgrade"], ["Upgrade: websocket"], ["Origin: null"], ["Authorization: Bearer x"]),
    fc.constantFrom(
      [...upgrade, "Upgrade: h2c"],
      [...upgrade, "Origin: http://elsewhere"],
      ["Transfer-Encoding: chunked"],
    ),
  ),
});

function textOf({ method, path, query, headers }: Request, sid: string): string {
  const target = [path, query.join("&")].filter((part) => part !== "").join("?");
  const body = method === "POST" || method === "PUT" ? ["Content-Length: 0"] : [];
  const lines = [`${method} ${target} HTTP/1.1`, "Host: 127.0.0.1", ...headers, ...body];
  return [...lines, "", ""].join("\r\n").replaceAll("SID", sid);
}

/** What Engine.IO says to a new connection, on either transport. */
function isConnection(heard: string): boolean {
  return heard.includes('"sid":"') && heard.includes('"pingInterval"');
}

/** Sends a request and gives the answer time to begin. Resolves with all that was heard. */
async function answerTo(fixture: GatewayFixture, text: string): Promise<string> {
  await using client = await rawClient(fixture.port);
  client.write(text);
  client.socket.end();
  await client.closed;
  return client.heard();
}

/** Opens a session, ends it, and returns its id. */
async function endedSession({ url }: GatewayFixture): Promise<string> {
  await using client = await frameClient(url);
  return sessionIdIn(await until(() => client.frames[0]));
}

test("no request becomes a connection that the front door did not count, however it is written", async () => {
  await using fixture = await startGateway({ sockets: { connectionsPerAddress: seats } });
  const sid = await endedSession(fixture);
  const token = await fixture.token();
  await using held = new AsyncDisposableStack();
  for (let i = 0; i < seats; i++) held.use(await until(() => hostilePeer(fixture, { transport: "websocket", token })));
  const texts = fc.sample(request, requests).map((each) => textOf(each, sid));
  for (let at = 0; at < texts.length; at += together) {
    const some = texts.slice(at, at + together);
    const answers = await Promise.all(some.map((text) => answerTo(fixture, text)));
    expect(some.filter((_text, i) => isConnection(answers[i] ?? ""))).toEqual([]);
  }
});

test.each(["/rt/", "/socket.io/"])("an empty session id at %s asks for a new connection", async (path) => {
  await using fixture = await startGateway({ sockets: { connectionsPerAddress: 1 } });
  const open = (): Promise<string> =>
    answerTo(
      fixture,
      textOf({ method: "GET", path, query: ["EIO=4", "transport=websocket", "sid="], headers: upgrade }, ""),
    );
  await using held = await frameClient(fixture.url);
  expect(held.ws.readyState).toBe(held.ws.OPEN);
  expect(await open()).toMatch(/^HTTP\/1.1 429 /);
});
