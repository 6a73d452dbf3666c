import { createServer } from "node:http";
import type { Duplex } from "node:stream";
import { Server as EngineServer, type Socket as EngineSocket } from "engine.io";
import { type Namespace, Server } from "socket.io";
import { afterEach, expect, test } from "vitest";
import type { Outlet } from "../../src/adapters/socketio/outbound-gate.ts";
import { type FrameClient, frameClient } from "../harness/raw-client.ts";
import { until } from "../harness/until.ts";

/* What the outbound gate takes for granted of Socket.IO and Engine.IO. A version that changes one of these fails here. */

interface Written {
  readonly data: unknown;
  readonly options: object | undefined;
}

interface Wire {
  /** The TCP connections under the clients. */
  readonly streams: readonly Duplex[];
  readonly namespace: Namespace;
  /** As a gate sees them, in the order in which they came. */
  readonly outlets: readonly Outlet[];
  /** What Socket.IO gave to `write`. */
  readonly written: Written[];
  /** A client in the room. */
  readonly member: () => Promise<FrameClient>;
}

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).toReversed()) await step();
});

async function listen() {
  const http = createServer();
  const streams: Duplex[] = [];
  http.on("upgrade", (_request, stream: Duplex) => void streams.push(stream));
  const engine = new EngineServer({ transports: ["websocket"] });
  engine.attach(http, { path: "/rt/" });
  const io = new Server();
  io.bind(engine);
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const address = http.address();
  const port = typeof address === "object" ? address?.port : undefined;
  cleanUp.push(async () => {
    http.closeAllConnections();
    engine.close();
    await io.close();
  });
  return { io, engine, streams, url: `http://127.0.0.1:${port}` };
}

async function wire(): Promise<Wire> {
  const { io, engine, streams, url } = await listen();
  const namespace = io.of("/chat");
  const written: Written[] = [];
  const outlets: Outlet[] = [];
  engine.on("connection", (conn: EngineSocket) => {
    const outlet: Outlet = conn;
    const write = outlet.write.bind(conn);
    outlets.push({ write, once: conn.once.bind(conn), transport: conn.transport, readyState: conn.readyState });
    outlet.write = (data, options, callback) => {
      written.push({ data, options });
      return write(data, options, callback);
    };
  });
  namespace.on("connection", (socket) => {
    void socket.join("room");
    socket.on("ask", (answer: (value: string) => void) => answer("answer"));
  });
  const member = async (): Promise<FrameClient> => {
    const client = await frameClient(url);
    cleanUp.push(async () => client[Symbol.asyncDispose]());
    client.ws.send("40/chat,");
    await until(() => client.frames.some((frame) => frame.startsWith("40/chat,")));
    written.splice(0);
    return client;
  };
  return { namespace, outlets, streams, written, member };
}

function only<T>([value]: readonly T[]): T {
  if (value === undefined) throw new Error("there is none");
  return value;
}

/** The WebSocket frame that the adapter computed, in pieces. */
function frameIn({ options = {} }: Written): readonly Buffer[] {
  const pieces: unknown = Reflect.get(options, "wsPreEncodedFrame");
  if (!Array.isArray(pieces)) throw new Error("there is no frame in the options");
  return pieces.filter((piece) => Buffer.isBuffer(piece));
}

test("broadcasts, events to one client and answers all pass through `write`, as text that begins with the event", async () => {
  const { namespace, written, member } = await wire();
  const client = await member();
  namespace.local.to("room").emit("broadcast", { a: 1 });
  for (const socket of namespace.sockets.values()) socket.emit("direct", { b: 2 });
  client.ws.send('42/chat,7["ask"]');
  await until(() => written.length === 3);
  expect(written.map(({ data }) => data)).toEqual([
    '2/chat,["broadcast",{"a":1}]',
    '2/chat,["direct",{"b":2}]',
    '3/chat,7["answer"]',
  ]);
});

test("a broadcast is encoded once: all members' `write` get the same frame in the same options, which may be one piece", async () => {
  const { namespace, outlets, written, member } = await wire();
  const client = await member();
  await member();
  namespace.local.to("room").emit("broadcast", "text");
  const [first, second] = written;
  expect(first).toBeDefined();
  expect(first?.options).toBe(second?.options);
  const frame = Buffer.concat(frameIn(only(written)));
  only(outlets).write('2/chat,["another"]', { wsPreEncodedFrame: [frame] });
  await until(() => client.frames.length === 4);
  expect(client.frames.slice(2)).toEqual(['42/chat,["broadcast","text"]', '42/chat,["broadcast","text"]']);
});

test("while the transport is writable, the stream under it takes a frame in order; while it is not, the frame would overtake", async () => {
  const { namespace, outlets, streams, written, member } = await wire();
  const client = await member();
  namespace.local.to("room").emit("broadcast");
  const frame = Buffer.concat(frameIn(only(written)));
  const outlet = only(outlets);
  for (let i = 0; i < 20; i++) {
    await until(() => outlet.transport.writable);
    only(streams).write(frame);
    outlet.write('2/chat,["after"]', {});
  }
  expect(outlet.transport.writable).toBe(false);
  await until(() => client.frames.length === 43);
  const pair = ['42/chat,["broadcast"]', '42/chat,["after"]'];
  expect(client.frames.slice(3)).toEqual(Array.from({ length: 20 }, () => pair).flat());
});

test("the callback of `write` comes when the kernel has taken the packet, not before, and what it writes comes next", async () => {
  const { outlets, member } = await wire();
  const client = await member();
  const outlet = only(outlets);
  client.ws.pause();
  const large = "x".repeat(60_000);
  let full = 0;
  await until(() => {
    full = outlet.transport.writable ? 0 : full + 1;
    if (full === 0) outlet.write(`2/chat,["fill","${large}"]`, {});
    return full === 10;
  });
  let woken = false;
  outlet.write('2/chat,["first"]', {}, () => {
    woken = true;
    outlet.write('2/chat,["second"]', {});
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect([woken, outlet.transport.writable]).toEqual([false, false]);
  client.ws.resume();
  await until(() => client.frames.at(-1) === '42/chat,["second"]');
  expect(client.frames.at(-2)).toBe('42/chat,["first"]');
  expect([woken, outlet.transport.writable]).toEqual([true, true]);
});
