import { WebSocket } from "ws";
import { systemClock } from "../../src/kernel/clock.ts";
import { routeCookie } from "./haproxy.ts";

export interface CookieClientOptions {
  readonly url: string;
  readonly path: "/rt" | "/socket.io";
  readonly token: string;
  readonly random: () => number;
}

/** One stay at a gateway. */
export interface Stay {
  /** The gateway by the proxy's cookie; undefined where there is none. */
  readonly route: string | undefined;
  /** Why the gateway asked it to leave, where it did. */
  askedToLeave?: string;
}

const namespace = "/chat";

/** A WebSocket client with the memory for cookies that a browser has: it comes back by itself, as socket.io-client does. */
export class CookieClient implements Disposable {
  readonly stays: Stay[] = [];
  /** Status of each refused handshake. */
  readonly refusals: number[] = [];
  readonly #options: CookieClientOptions;
  readonly #cookies = new Map<string, string>();
  #socket: WebSocket | undefined;
  #isIn = false;
  #closed = false;

  constructor(options: CookieClientOptions) {
    this.#options = options;
    this.#dial();
  }

  get isIn(): boolean {
    return this.#isIn;
  }

  close(): void {
    this.#closed = true;
    this.#socket?.terminate();
  }

  [Symbol.dispose](): void {
    this.close();
  }

  #dial(): void {
    const { url, path } = this.#options;
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const headers = cookie === "" ? {} : { cookie };
    const address = `${url.replace("http", "ws")}${path}/?EIO=4&transport=websocket`;
    const socket = new WebSocket(address, { headers });
    this.#socket = socket;
    socket.on("upgrade", ({ headers: answer }) => this.#keep(answer["set-cookie"] ?? []));
    socket.on("unexpected-response", (_request, response) => {
      this.refusals.push(response.statusCode ?? 0);
      this.#keep(response.headers["set-cookie"] ?? []);
      response.resume();
      socket.terminate();
    });
    socket.on("message", (data: Buffer) => this.#heard(data.toString()));
    socket.on("error", () => {});
    socket.on("close", () => this.#lost());
  }

  #keep(setCookies: readonly string[]): void {
    for (const line of setCookies) {
      const [pair = ""] = line.split(";");
      const [name = "", value = ""] = pair.split("=");
      if (/max-age=0/i.test(line)) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  #heard(frame: string): void {
    if (frame.startsWith("0")) this.#socket?.send(`40${namespace},${JSON.stringify({ token: this.#options.token })}`);
    else if (frame === "2") this.#socket?.send("3");
    else if (frame.startsWith(`40${namespace}`)) this.#entered();
    else if (frame.includes('"server:reconnect"')) this.#asked(frame);
  }

  #entered(): void {
    this.#isIn = true;
    this.stays.push({ route: this.#cookies.get(routeCookie) });
  }

  #asked(frame: string): void {
    const stay = this.stays.at(-1);
    if (stay !== undefined) stay.askedToLeave = /"reason":"(\w+)"/.exec(frame)?.[1] ?? "";
  }

  #lost(): void {
    this.#isIn = false;
    if (this.#closed) return;
    systemClock.schedule(100 + 200 * this.#options.random(), () => {
      if (!this.#closed) this.#dial();
    });
  }
}
