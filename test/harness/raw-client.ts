import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { WebSocket } from "ws";

/** A TCP client that says what it likes and remembers what it hears. `await using` ends it. */
export interface RawClient extends AsyncDisposable {
  readonly socket: Socket;
  write(text: string | Buffer): void;
  heard(): string;
  /** Resolves when the other side has ended it. */
  readonly closed: Promise<void>;
  /** Ends with a reset instead of a goodbye. */
  reset(): void;
}

export async function rawClient(port: number): Promise<RawClient> {
  const socket = connect(port, "127.0.0.1");
  let heard = "";
  socket.on("data", (chunk: Buffer) => void (heard += chunk.toString("latin1")));
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await once(socket, "connect");
  return {
    socket,
    closed,
    write: (text) => void socket.write(text),
    heard: () => heard,
    reset: () => void socket.resetAndDestroy(),
    [Symbol.asyncDispose]: async () => {
      socket.destroy();
      await closed;
    },
  };
}

/** The head of a WebSocket upgrade. */
export function upgradeRequest(path: string, headers: Readonly<Record<string, string>> = {}): string {
  const all = {
    Host: "127.0.0.1",
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`GET ${path} HTTP/1.1`, ...lines, "", ""].join("\r\n");
}

/** A WebSocket without Socket.IO above it, for frames that no client library sends. */
export interface FrameClient extends AsyncDisposable {
  readonly ws: WebSocket;
  readonly frames: string[];
  /** The close code, once the other side has ended it. */
  readonly closed: Promise<number>;
}

export async function frameClient(url: string, headers: Readonly<Record<string, string>> = {}): Promise<FrameClient> {
  const ws = new WebSocket(`${url.replace("http", "ws")}/rt/?EIO=4&transport=websocket`, { headers });
  const frames: string[] = [];
  ws.on("message", (data: Buffer) => void frames.push(data.toString("utf8")));
  ws.on("error", () => {});
  const closed = new Promise<number>((resolve) => ws.once("close", (code) => resolve(code)));
  await Promise.race([once(ws, "open"), closed.then((code) => Promise.reject(new Error(`closed with ${code}`)))]);
  return {
    ws,
    frames,
    closed,
    [Symbol.asyncDispose]: async () => {
      ws.terminate();
      await closed;
    },
  };
}
