import { expect, test } from "vitest";
import { noShedding } from "../../src/gateway/load-level.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { type GatewayFixture, startGateway } from "../harness/gateway-fixture.ts";
import { frameClient, rawClient, upgradeRequest } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

const page = "https://app.example.com";
const handshake = "/socket.io/?EIO=4&transport=polling";

function poll(
  { url }: GatewayFixture,
  headers: Readonly<Record<string, string>> = {},
  { method = "GET", query = "" } = {},
): Promise<Response> {
  return fetch(`${url}${handshake}${query}`, { method, headers: { origin: page, ...headers } });
}

function expectReadable(answer: Response): void {
  expect(answer.headers.get("access-control-allow-origin")).toBe(page);
  expect(answer.headers.get("access-control-allow-credentials")).toBe("true");
  expect(answer.headers.get("access-control-expose-headers")).toBe("Retry-After");
}

test("a page of an allowed origin can read every refusal, its code and its Retry-After", async () => {
  let newcomers: "loop" | undefined;
  await using fixture = await startGateway({
    sockets: {
      allowedOrigins: ["https://*.example.com"],
      connectionsPerAddress: 1,
      load: () => ({ ...noShedding, newcomers }),
    },
  });
  const forged = await poll(fixture, { authorization: "Bearer x.y.z" });
  const inQuery = await poll(fixture, {}, { query: "&token=x" });
  const opened = await poll(fixture);
  const full = await poll(fixture);
  newcomers = "loop";
  const overloaded = await poll(fixture);
  const answers = [forged, inQuery, opened, full, overloaded];
  expect(answers.map(({ status }) => status)).toEqual([401, 401, 200, 429, 503]);
  for (const answer of answers) expectReadable(answer);
  for (const answer of [full, overloaded]) {
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await answer.json()).toHaveProperty("error.retryAfterMs");
  }
});

test("a page of an allowed origin can read what Engine.IO refuses too", async () => {
  await using fixture = await startGateway({ sockets: { allowedOrigins: [page] } });
  const unknownSession = await poll(fixture, {}, { query: "&sid=none" });
  expect(unknownSession.status).toBe(400);
  expectReadable(unknownSession);
});

test("preflights of polling are answered for allowed origins, also while nobody is let in", async () => {
  const load = () => ({ ...noShedding, newcomers: "loop" }) as const;
  await using fixture = await startGateway({ sockets: { allowedOrigins: [page], load } });
  const asked = { "access-control-request-method": "POST", "access-control-request-headers": "authorization" };
  const answer = await poll(fixture, asked, { method: "OPTIONS" });
  expect(answer.status).toBe(204);
  expectReadable(answer);
  expect(answer.headers.get("access-control-allow-headers")).toBe("authorization");
  expect(answer.headers.get("access-control-allow-methods")).toContain("POST");
});

test("a page of another origin can read nothing", async () => {
  await using fixture = await startGateway({ sockets: { allowedOrigins: [page] } });
  for (const method of ["GET", "OPTIONS"]) {
    const answer = await poll(fixture, { origin: "https://evil.example" }, { method });
    expect([answer.status, answer.headers.get("access-control-allow-origin")]).toEqual([403, null]);
  }
});

test("a page of another port is refused on both transports, unless it is allowed", async () => {
  await using closed = await startGateway();
  const origin = `http://127.0.0.1:${closed.port + 1}`;
  expect((await poll(closed, { origin })).status).toBe(403);
  expect((await poll(closed, { origin: closed.url })).status).toBe(200);
  await expect(frameClient(closed.url, { Origin: origin })).rejects.toThrow("403");
  await using open = await startGateway({ sockets: { allowedOrigins: ["http://127.0.0.1:*"] } });
  await using client = await frameClient(open.url, { Origin: origin });
  expect(client.ws.readyState).toBe(client.ws.OPEN);
});

test("web views connect where their origin is allowed", async () => {
  const origins = ["capacitor://localhost", "tauri://localhost", "chrome-extension://abcdefgh", "null", "file://"];
  await using fixture = await startGateway({ sockets: { allowedOrigins: origins } });
  for (const origin of origins) {
    await using client = await frameClient(fixture.url, { Origin: origin });
    expect(client.ws.readyState).toBe(client.ws.OPEN);
  }
  await expect(frameClient(fixture.url, { Origin: "ionic://localhost" })).rejects.toThrow("403");
});

test("refusals write a line for the first of each reason, wherever the refusal happens", async () => {
  const lines: object[] = [];
  const logger = { ...silentLogger, info: (fields: object) => void lines.push(fields) };
  await using fixture = await startGateway({ sockets: { logger } });
  for (let i = 0; i < 5; i++) await poll(fixture);
  await poll(fixture, { origin: fixture.url, authorization: "Bearer x.y.z" });
  await using upgrade = await rawClient(fixture.port);
  upgrade.write(upgradeRequest("/elsewhere"));
  await until(() => upgrade.heard().includes("404"));
  await using client = await frameClient(fixture.url);
  client.ws.send(`40/chat,{}`);
  await until(() => client.frames.some((frame) => frame.startsWith("44/chat,")));
  expect(lines).toMatchObject([
    {
      refused: { "FORBIDDEN: this origin is not allowed": 1 },
      origin: page,
      hint: "to let pages of this origin in, add it to WEIR_ALLOWED_ORIGINS",
    },
    { refused: { "UNAUTHENTICATED: the token has no readable header": 1 } },
    { refused: { "NOT_FOUND: no sockets at this path": 1 } },
    { refused: { "UNAUTHENTICATED: no token": 1 } },
  ]);
});
