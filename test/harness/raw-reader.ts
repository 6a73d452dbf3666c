import { once } from "node:events";
import { WebSocket } from "ws";

export interface ReaderOptions {
  readonly url: string;
  /** Of the Engine.IO server, with its slashes. */
  readonly path: string;
  /** What stands before every packet's data: `/chat,` or nothing. */
  readonly namespace: string;
  readonly auth?: object;
}

type Listener = (event: string, payload: unknown) => void;

/** A Socket.IO client of a few lines, so that hundreds cost little, and that can stop reading its connection. */
export class RawReader {
  /** Hears every event. */
  listener: Listener = () => undefined;
  readonly #ws: WebSocket;
  readonly #namespace: string;
  readonly #open = new Map<number, (answer: unknown) => void>();
  #asked = 0;

  private constructor(ws: WebSocket, namespace: string) {
    this.#ws = ws;
    this.#namespace = namespace;
    ws.on("message", (data: Buffer) => this.#take(data.toString("utf8")));
    ws.on("error", () => undefined);
  }

  /** Resolves when it is in the namespace. */
  static async connect({ url, path, namespace, auth }: ReaderOptions): Promise<RawReader> {
    const ws = new WebSocket(`${url.replace("http", "ws")}${path}?EIO=4&transport=websocket`);
    const reader = new RawReader(ws, namespace);
    await once(ws, "open");
    await new Promise<void>((resolve) => {
      reader.#open.set(-1, () => resolve());
      ws.send(`40${namespace}${auth === undefined ? "" : JSON.stringify(auth)}`);
    });
    return reader;
  }

  /** Resolves with the first argument of the answer. */
  ask(event: string, ...values: readonly unknown[]): Promise<unknown> {
    this.#asked += 1;
    const id = this.#asked;
    return new Promise((resolve) => {
      this.#open.set(id, resolve);
      this.#ws.send(`42${this.#namespace}${id}${JSON.stringify([event, ...values])}`);
    });
  }

  /** Whether the connection is over, as far as this side has noticed. */
  get ended(): boolean {
    return this.#ws.readyState === WebSocket.CLOSED;
  }

  /** Stops to read: the kernel, then the server, has to keep what comes. */
  pause(): void {
    this.#ws.pause();
  }

  resume(): void {
    this.#ws.resume();
  }

  end(): void {
    this.#ws.terminate();
  }

  #take(frame: string): void {
    if (frame === "2") return this.#ws.send("3");
    if (frame.startsWith("40")) return this.#answer(-1, undefined);
    if (!frame.startsWith("42") && !frame.startsWith("43")) return undefined;
    const data = frame.indexOf("[");
    const packet: unknown = JSON.parse(frame.slice(data));
    const [first, second] = isList(packet) ? packet : [];
    const id = Number(frame.slice(2 + this.#namespace.length, data));
    return frame.startsWith("43") ? this.#answer(id, first) : this.listener(String(first), second);
  }

  #answer(id: number, value: unknown): void {
    this.#open.get(id)?.(value);
    this.#open.delete(id);
  }
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}
