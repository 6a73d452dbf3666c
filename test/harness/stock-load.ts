import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { io, type Socket } from "socket.io-client";
import { until } from "./until.ts";

const script = fileURLToPath(new URL("stock-chat.ts", import.meta.url));

/** A server of the stock chat in a process of its own. */
export class StockServer implements AsyncDisposable {
  readonly url: string;
  readonly #child: ChildProcess;

  private constructor(port: number, child: ChildProcess) {
    this.url = `http://127.0.0.1:${port}`;
    this.#child = child;
  }

  static async start(redisUrl: string): Promise<StockServer> {
    const child = spawn(process.execPath, [script, redisUrl], { stdio: ["ignore", "pipe", "inherit"] });
    const endWithUs = (): void => void child.kill("SIGKILL");
    process.once("exit", endWithUs);
    child.once("exit", () => process.removeListener("exit", endWithUs));
    const printed: readonly unknown[] = await once(child.stdout, "data");
    return new StockServer(Number(String(printed[0])), child);
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the stock server has not started");
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await gone;
  }
}

export interface StockLoadOptions {
  readonly servers: readonly StockServer[];
  readonly clientsPerServer: number;
  readonly messages: number;
  readonly ratePerSecond: number;
}

/** Everyone sends in turn; returns what each client saw, in its order, when all have seen everything. */
export async function loadStock(options: StockLoadOptions): Promise<string[][]> {
  const urls = options.servers.flatMap(({ url }) => Array.from({ length: options.clientsPerServer }, () => url));
  const sockets = urls.map((url) => io(url, { transports: ["websocket"], forceNew: true }));
  const seen = sockets.map((socket) => {
    const ids: string[] = [];
    socket.on("message", (id: string) => ids.push(id));
    return ids;
  });
  try {
    await until(() => sockets.every((socket) => socket.connected));
    await sendAll(sockets, options);
    await until(() => seen.every((ids) => ids.length === options.messages), { within: 30_000 });
  } finally {
    for (const socket of sockets) socket.disconnect();
  }
  return seen;
}

async function sendAll(sockets: readonly Socket[], { messages, ratePerSecond }: StockLoadOptions): Promise<void> {
  const startedAt = performance.now();
  const sends: Promise<unknown>[] = [];
  while (sends.length < messages) {
    const due = Math.min(messages, ((performance.now() - startedAt) * ratePerSecond) / 1_000);
    while (sends.length < due) {
      const socket = sockets[sends.length % sockets.length];
      sends.push(socket?.emitWithAck("message:send", `m${sends.length}`) ?? Promise.resolve());
    }
    await pause(1);
  }
  await Promise.all(sends);
}
