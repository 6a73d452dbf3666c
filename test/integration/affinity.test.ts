import { request } from "node:http";
import { expect, test } from "vitest";
import { startGateway } from "../harness/gateway-fixture.ts";
import { until } from "../harness/until.ts";

const sockets = { affinityCookie: "route" } as const;

interface Reply {
  readonly status: number | undefined;
  readonly cookies: readonly string[];
}

/** A handshake, by polling or as a WebSocket, with the cookies that a browser would have. */
function shake(port: number, kind: "polling" | "websocket", cookie = "", path = "/socket.io/"): Promise<Reply> {
  const upgrade = {
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
  };
  const headers = { cookie, ...(kind === "websocket" ? upgrade : {}) };
  return new Promise((resolve, reject) => {
    const call = request({ port, host: "127.0.0.1", path: `${path}?EIO=4&transport=${kind}`, headers });
    call.on("response", (response) => {
      response.resume();
      resolve({ status: response.statusCode, cookies: response.headers["set-cookie"] ?? [] });
    });
    call.on("upgrade", (response, socket) => {
      socket.destroy();
      resolve({ status: response.statusCode, cookies: response.headers["set-cookie"] ?? [] });
    });
    call.on("error", reject);
    call.end();
  });
}

function visitorIn({ cookies }: Reply): string {
  const [pair] = (cookies[0] ?? "").split(";");
  if (pair?.startsWith("weir_visitor=") !== true) throw new Error(`no visitor in ${cookies.join()}`);
  return pair;
}

test.each(["polling", "websocket"] as const)(
  "a client by %s that was sent away is refused once, told to forget the balancer's cookie, and then welcome",
  async (kind) => {
    await using gateway = await startGateway({ sockets, gateway: { drainWindowMs: 100 } });
    const visitor = visitorIn(await shake(gateway.port, kind));
    const client = await gateway.connect("alice", {
      path: "/socket.io",
      transports: [kind],
      extraHeaders: { cookie: visitor },
    });
    expect(gateway.gateway.release(1)).toBe(1);
    await until(() => client.socket.disconnected);
    expect(client.pushes("server:reconnect")).toMatchObject([{ reason: "rebalance" }]);

    const refused = await shake(gateway.port, kind, `route=a; ${visitor}`);
    expect(refused.status).toBe(503);
    expect(refused.cookies).toEqual(["route=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]);
    const welcome = await shake(gateway.port, kind, visitor);
    expect(welcome.status).toBe(kind === "polling" ? 200 : 101);
    expect(visitorIn(welcome)).toBe(visitor);
  },
);

test("one that moves as soon as it is told is refused too, while its old connection is still open", async () => {
  await using gateway = await startGateway({ sockets, gateway: { drainWindowMs: 60_000 } });
  const cookie = visitorIn(await shake(gateway.port, "websocket"));
  const client = await gateway.connect("alice", { path: "/socket.io", extraHeaders: { cookie } });
  gateway.gateway.release(1);
  await until(() => client.pushes("server:reconnect").length === 1);
  expect((await shake(gateway.port, "websocket", cookie)).status).toBe(503);
  expect((await shake(gateway.port, "websocket", cookie)).status).toBe(101);
});

test("other clients are let in meanwhile, and a cookie that nobody gave means nothing", async () => {
  await using gateway = await startGateway({ sockets });
  await gateway.connect("alice", { path: "/socket.io" });
  gateway.gateway.release(1);
  expect((await shake(gateway.port, "polling", "weir_visitor=someone")).status).toBe(200);
  expect((await shake(gateway.port, "polling", "weir_visitor=<script>; route=a")).status).toBe(200);
});

test("a draining gateway makes everyone forget the balancer's cookie", async () => {
  await using gateway = await startGateway({ sockets });
  await gateway.gateway.drain?.(new AbortController().signal);
  const refused = await shake(gateway.port, "polling", "route=a");
  expect(refused).toEqual({ status: 503, cookies: ["route=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"] });
});

test("without a balancer's cookie, and on /rt, no cookie is ever set", async () => {
  await using plain = await startGateway();
  expect((await shake(plain.port, "polling")).cookies).toEqual([]);
  await using sticky = await startGateway({ sockets });
  expect((await shake(sticky.port, "websocket", "", "/rt/")).cookies).toEqual([]);
});
