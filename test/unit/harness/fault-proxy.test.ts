import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type FaultProxy, startFaultProxy } from "../../harness/fault-proxy.ts";
import { until } from "../../harness/until.ts";

let proxy: FaultProxy;
const open: { close(): unknown }[] = [];

/** A server that answers each chunk with its own greeting before it. */
async function startEcho(greeting: string): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("data", (chunk) => socket.write(`${greeting}${String(chunk)}`));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(server, { close: () => sockets.forEach((socket) => socket.destroy()) });
  const address = server.address();
  return typeof address === "object" && address !== null ? address.port : 0;
}

interface Peer {
  readonly socket: Socket;
  heard: string;
  lost: string | undefined;
}

function dial(): Peer {
  const socket = connect(proxy.port, "127.0.0.1");
  const peer: Peer = { socket, heard: "", lost: undefined };
  socket.on("data", (chunk) => (peer.heard += String(chunk)));
  socket.on("error", (error) => (peer.lost = "code" in error ? String(error.code) : "error"));
  socket.on("close", () => (peer.lost ??= "closed"));
  open.push({ close: () => socket.destroy() });
  return peer;
}

beforeEach(async () => {
  proxy = await startFaultProxy(await startEcho("a:"));
});

afterEach(async () => {
  await proxy.close();
  for (const one of open.splice(0)) one.close();
});

test("an open proxy passes bytes in both directions", async () => {
  const peer = dial();
  peer.socket.write("x");
  await until(() => peer.heard === "a:x");
});

test("a cut resets connections, and new ones too until it is healed", async () => {
  const before = dial();
  before.socket.write("x");
  await until(() => before.heard === "a:x");
  proxy.cut();
  await until(() => before.lost === "ECONNRESET");
  const during = dial();
  await until(() => during.lost !== undefined);
  proxy.heal();
  const after = dial();
  after.socket.write("y");
  await until(() => after.heard === "a:y");
});

test("a silent proxy passes nothing, and when healed everything that waited", async () => {
  const before = dial();
  before.socket.write("1");
  await until(() => before.heard === "a:1");
  proxy.silence();
  before.socket.write("2");
  const during = dial();
  during.socket.write("3");
  const control = await startFaultProxy(await startEcho("c:"));
  open.push(control);
  await Promise.all([once(during.socket, "connect"), once(connect(control.port, "127.0.0.1").end(), "close")]);
  expect([before.heard, during.heard, before.lost, during.lost]).toEqual(["a:1", "", undefined, undefined]);
  proxy.heal();
  await until(() => before.heard === "a:1a:2" && during.heard === "a:3");
});

test("a delay keeps the order of the bytes", async () => {
  const peer = dial();
  proxy.delay(30);
  const startedAt = performance.now();
  peer.socket.write("first");
  await until(() => peer.heard === "a:first");
  expect(performance.now() - startedAt).toBeGreaterThan(50);
  proxy.delay(0);
  peer.socket.write("second");
  await until(() => peer.heard === "a:firsta:second");
});

test("a delay keeps the order of many small chunks, also where it ends among them", async () => {
  const peer = dial();
  proxy.delay(20);
  const sent = Array.from({ length: 400 }, (_, i) => `${i},`);
  for (const [i, chunk] of sent.entries()) {
    peer.socket.write(chunk);
    await new Promise((resolve) => setImmediate(resolve));
    if (i === 300) proxy.delay(0);
  }
  await until(() => peer.heard.replaceAll("a:", "").length === sent.join("").length);
  expect(peer.heard.replaceAll("a:", "")).toBe(sent.join(""));
});

test("a new target takes over, and old connections are reset", async () => {
  const before = dial();
  before.socket.write("x");
  await until(() => before.heard === "a:x");
  proxy.retarget(await startEcho("b:"));
  await until(() => before.lost === "ECONNRESET");
  const after = dial();
  after.socket.write("y");
  await until(() => after.heard === "b:y");
});

test("a diversion is for new connections only", async () => {
  const before = dial();
  before.socket.write("x");
  await until(() => before.heard === "a:x");
  proxy.divert(await startEcho("b:"));
  const after = dial();
  after.socket.write("y");
  before.socket.write("z");
  await until(() => after.heard === "b:y" && before.heard === "a:xa:z");
});

test("a rate holds bytes back, keeps their order, and counts them", async () => {
  proxy.rate(20_000);
  const peer = dial();
  const sent = Array.from({ length: 500 }, (_, i) => `${i},`).join("");
  const startedAt = performance.now();
  peer.socket.write(sent);
  await until(() => peer.heard.replaceAll("a:", "").length === sent.length);
  expect(peer.heard.replaceAll("a:", "")).toBe(sent);
  expect(performance.now() - startedAt).toBeGreaterThan((sent.length * 1_000) / 20_000);
  expect(proxy.bytes).toBeGreaterThanOrEqual(2 * sent.length);
});

test.each(["requests", "answers"] as const)("a link that is silent one way holds back its %s alone", async (what) => {
  const heard: string[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", (chunk) => heard.push(String(chunk)));
    socket.write("hello");
    open.push({ close: () => socket.destroy() });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  open.push(server);
  const address = server.address();
  proxy.divert(typeof address === "object" && address !== null ? address.port : 0);
  proxy.silence(what);
  const peer = dial();
  peer.socket.write("x");
  await until(() => (what === "requests" ? peer.heard === "hello" : heard.length > 0));
  expect([peer.heard, heard]).toEqual(what === "requests" ? ["hello", []] : ["", ["x"]]);
  proxy.heal();
  await until(() => peer.heard === "hello" && heard.join("") === "x");
});

test("a link that loses answers has had the request pass, and resets the connection", async () => {
  proxy.loseAnswers(1, () => 0.5);
  const lost = dial();
  lost.socket.write("x");
  await until(() => lost.lost === "ECONNRESET");
  expect(lost.heard).toBe("");
  proxy.heal();
  const after = dial();
  after.socket.write("y");
  await until(() => after.heard === "a:y");
});
