import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { WebSocket } from "ws";
import { freePort } from "../test/harness/free-port.ts";
import type { WeirProcess } from "../test/harness/weir-process.ts";
import { pin } from "./cpu.ts";
import type { Dialect, Step } from "./member.ts";
import { benchToken } from "./weir.ts";

/** A server that fans one room out, and how to speak to it. */
export interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** How the n-th member greets, and which room it joins; none for one that only connects. */
  dialect(n: number, room?: string): Promise<Dialect>;
  /** One message of 100 characters to a room of the sender. */
  send(socket: WebSocket, room: string): void;
  stop(): void;
}

/** A text of 100 characters that says when it was sent, in ms of this process's clock. */
function stamped(): string {
  return `@${performance.now().toFixed(3)}@`.padEnd(100, "x");
}

const stamp = /"text":"@([\d.]+)@/g;

/** How long ago each message in a frame was sent, ms. */
export function delaysIn(frame: string): number[] {
  return Array.from(frame.matchAll(stamp), ([, at]) => performance.now() - Number(at));
}

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly pid: number;
}

/** Starts a program with a port and the URL of Redis as its last arguments; it prints something when it listens. */
async function startServer(program: string, args: readonly string[], redisUrl: string): Promise<Started> {
  const port = await freePort();
  const child = spawn(program, [...args, String(port), redisUrl], { stdio: ["ignore", "pipe", "inherit"] });
  process.once("exit", () => void child.kill("SIGKILL"));
  await once(child.stdout, "data");
  if (child.pid === undefined) throw new Error(`${program} did not start`);
  pin(child.pid, "0");
  return { child, port, pid: child.pid };
}

function startScript(script: string, redisUrl: string): Promise<Started> {
  return startServer(process.execPath, [new URL(script, import.meta.url).pathname], redisUrl);
}

export async function startStock(redisUrl: string): Promise<Contender> {
  const { child, port, pid } = await startScript("stock-server.ts", redisUrl);
  const connect = { until: "0", send: "40" };
  const join = (room: string): Step => ({ until: "40", send: `420${JSON.stringify(["join", room])}` });
  const joined = { until: "430", send: "3" };
  const connected = { until: "40", send: "3" };
  return {
    name: "stock Socket.IO, Redis adapter",
    pid,
    port,
    dialect: async (_n, room) => ({
      path: "/socket.io/?EIO=4&transport=websocket",
      greeting: room === undefined ? [connect, connected] : [connect, join(room), joined],
      mark: '"id":',
    }),
    send: (socket, room) => socket.send(`421["send",${JSON.stringify({ room, id: "m", text: stamped() })}]`),
    stop: () => child.kill(),
  };
}

export async function startRawWs(redisUrl: string): Promise<Contender> {
  const { child, port, pid } = await startScript("ws-server.ts", redisUrl);
  return {
    name: "raw ws and Redis pub/sub",
    pid,
    port,
    dialect: async () => ({ path: "/", greeting: [{ until: "0", send: "hello" }], mark: '"id":' }),
    send: (socket) => socket.send(JSON.stringify({ id: "m", text: stamped() })),
    stop: () => child.kill(),
  };
}

/** @param program as `buildCentrifuge` built it */
export async function startCentrifuge(program: string, redisUrl: string): Promise<Contender> {
  const { child, port, pid } = await startServer(program, [], redisUrl);
  const connect = { until: "", send: '{"id":1,"connect":{}}' };
  const join = (room: string): Step => ({
    until: '{"id":1',
    send: JSON.stringify({ id: 2, subscribe: { channel: room } }),
  });
  return {
    name: "Centrifuge with history",
    pid,
    port,
    dialect: async (_n, room = "bench") => ({
      path: "/connection",
      opens: true,
      greeting: [connect, join(room), { until: '{"id":2', send: "" }],
      mark: '"pub":',
    }),
    send: (socket, room) =>
      socket.send(JSON.stringify({ id: 3, publish: { channel: room, data: { id: "m", text: stamped() } } })),
    stop: () => child.kill(),
  };
}

/** The gateway runs already; it is one contender among the others. */
export function weirContender(gateway: WeirProcess): Contender {
  let sent = 0;
  const run = randomUUID().slice(0, 8);
  pin(gateway.pid, "0");
  return {
    name: "Weir",
    pid: gateway.pid,
    port: gateway.port,
    dialect: async (n, room) => {
      const connect = { until: "0", send: `40/chat,${JSON.stringify({ token: await benchToken(`member-${n}`) })}` };
      const join = { until: "40/chat", send: `42/chat,0${JSON.stringify(["room:join", { room, limit: 1 }])}` };
      const joined = { until: "43/chat,0", send: "3" };
      return {
        path: "/rt/?EIO=4&transport=websocket",
        greeting: room === undefined ? [connect, { until: "40/chat", send: "3" }] : [connect, join, joined],
        mark: '"kind":"message"',
      };
    },
    send: (socket, room) => {
      sent += 1;
      const message = { room, id: `${run}-${sent}`, text: stamped() };
      socket.send(`42/chat,1["message:send",${JSON.stringify(message)}]`);
    },
    stop: () => {},
  };
}
