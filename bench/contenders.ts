import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { WebSocket } from "ws";
import { freePort } from "../test/harness/free-port.ts";
import type { WeirProcess } from "../test/harness/weir-process.ts";
import { pin } from "./cpu.ts";
import type { Dialect } from "./member.ts";
import { benchToken } from "./weir.ts";

/** A server that fans one room out, and how to speak to it. */
export interface Contender {
  readonly name: string;
  readonly pid: number;
  readonly port: number;
  /** How the n-th member greets. */
  dialect(n: number): Promise<Dialect>;
  /** One message of 100 characters to the room. */
  send(socket: WebSocket): void;
  stop(): void;
}

const text = "x".repeat(100);

async function startScript(
  script: string,
  redisUrl: string,
): Promise<{ readonly child: ChildProcess; readonly port: number; readonly pid: number }> {
  const port = await freePort();
  const path = new URL(script, import.meta.url).pathname;
  const child = spawn(process.execPath, [path, String(port), redisUrl], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  if (child.pid === undefined) throw new Error(`${script} did not start`);
  pin(child.pid, 0);
  return { child, port, pid: child.pid };
}

export async function startStock(redisUrl: string): Promise<Contender> {
  const { child, port, pid } = await startScript("stock-server.ts", redisUrl);
  const greeting = [
    { until: "0", send: "40" },
    { until: "40", send: '420["join","bench"]' },
  ];
  return {
    name: "stock Socket.IO, Redis adapter",
    pid,
    port,
    dialect: async () => ({ path: "/socket.io/?EIO=4&transport=websocket", greeting, mark: '"id":' }),
    send: (socket) => socket.send(`421["send",${JSON.stringify({ room: "bench", id: "m", text })}]`),
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
    send: (socket) => socket.send(JSON.stringify({ id: "m", text })),
    stop: () => child.kill(),
  };
}

/** The gateway runs already; it is one contender among the others. */
export function weirContender(gateway: WeirProcess): Contender {
  let sent = 0;
  pin(gateway.pid, 0);
  return {
    name: "Weir",
    pid: gateway.pid,
    port: gateway.port,
    dialect: async (n) => ({
      path: "/rt/?EIO=4&transport=websocket",
      greeting: [
        { until: "0", send: `40/chat,${JSON.stringify({ token: await benchToken(`member-${n}`) })}` },
        { until: "40/chat", send: '42/chat,0["room:join",{"room":"bench","limit":1}]' },
        { until: "43/chat,0", send: "3" },
      ],
      mark: '"kind":"message"',
    }),
    send: (socket) => {
      sent += 1;
      socket.send(
        `42/chat,1["message:send",${JSON.stringify({ room: "bench", id: `m${process.pid}-${sent}`, text })}]`,
      );
    },
    stop: () => {},
  };
}
