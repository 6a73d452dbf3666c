import { comeBackAfter } from "./backoff.ts";
import { decodeFrame, encodeEvent, type Frame, namespaceConnect, namespaceLeave, pong } from "./codec.ts";
import { isFields, type Outcome, readAnswer, refusalIn } from "./wire.ts";
import type { WebSocketLike, World } from "./world.ts";

export interface ConnectionParts {
  readonly world: World;
  /** Where a gateway is, `http…` or `ws…`. */
  readonly url: string;
  /** Of Socket.IO on the gateway. */
  readonly path: string;
  readonly token: () => string;
  /** A handshake is through: the namespace has taken us. @param ms since it was dialled */
  readonly online: (ms: number) => void;
  /** What was online is so no more. */
  readonly offline: () => void;
  /** A handshake failed. `final` says that there will be no other. */
  readonly failed: (code: string, final: boolean) => void;
  readonly pushed: (event: string, payload: unknown) => void;
}

const namespace = "/chat";
/** Longer than a gateway takes to answer UNAVAILABLE or TIMEOUT, ms. */
const answerWithinMs = 15_000;
/** From dialling until the namespace has taken us; a gateway keeps handshakes waiting for 5 s. */
const handshakeWithinMs = 20_000;
/** With these there is no use in coming back. */
const final = ["UNAUTHENTICATED", "AUTH_EXPIRED", "FORBIDDEN", "BANNED"];

/** One user's connection to `/chat`, which comes back whenever it is lost until it is closed. */
export class ChatConnection {
  readonly #parts: ConnectionParts;
  readonly #asked = new Map<number, (outcome: Outcome) => void>();
  #socket: WebSocketLike | undefined;
  #isOnline = false;
  #closed = false;
  #failures = 0;
  #connections = 0;
  #lastAsk = 0;
  /** Silence of the server after which the connection is given up, ms; from its greeting. */
  #silenceMs = handshakeWithinMs;
  #callOffSilence: () => void = () => {};
  #callOffReturn: () => void = () => {};
  #callOffMove: () => void = () => {};

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#dial();
  }

  get isOnline(): boolean {
    return this.#isOnline;
  }

  /** Handshakes that went through. */
  get connections(): number {
    return this.#connections;
  }

  /** A request; resolves whatever happens. */
  ask(event: string, payload: object): Promise<Outcome> {
    const socket = this.#socket;
    if (socket === undefined || !this.#isOnline) return Promise.resolve({ kind: "lost" });
    const id = ++this.#lastAsk;
    return new Promise((resolve) => {
      const callOff = this.#parts.world.after(answerWithinMs, () => this.#settle(id, { kind: "hang" }));
      this.#asked.set(id, (outcome) => {
        callOff();
        resolve(outcome);
      });
      socket.send(encodeEvent(namespace, event, payload, id));
    });
  }

  /** Without an answer. */
  tell(event: string, payload: object): void {
    if (this.#isOnline) this.#socket?.send(encodeEvent(namespace, event, payload));
  }

  /** Loses the connection, as if the network had, and comes back. */
  drop(): void {
    this.#lose(this.#socket);
  }

  /** For good. */
  close(): void {
    this.#closed = true;
    if (this.#isOnline) this.#socket?.send(namespaceLeave(namespace));
    this.#callOffReturn();
    this.#lose(this.#socket);
  }

  #dial(): void {
    const { world, url, path } = this.#parts;
    const resume = this.#connections > 0 ? "&resume=1" : "";
    const socket = world.dial(`${url.replace(/^http/, "ws")}${path}/?EIO=4&transport=websocket${resume}`);
    const dialledAt = world.now();
    this.#socket = socket;
    this.#silenceMs = handshakeWithinMs;
    this.#heard(socket);
    socket.addEventListener("message", (event) => {
      if (socket === this.#socket) this.#take(socket, event, dialledAt);
    });
    for (const end of ["close", "error"] as const) socket.addEventListener(end, () => this.#lose(socket));
  }

  #take(socket: WebSocketLike, event: object, dialledAt: number): void {
    const text: unknown = "data" in event ? event.data : undefined;
    if (typeof text !== "string") throw new Error("a binary frame");
    const frame = decodeFrame(text);
    if (frame.kind === "connected") this.#enter(dialledAt);
    else if (frame.kind === "refused") this.#refused(frame.error, socket);
    else if (frame.kind === "disconnected" || frame.kind === "close") this.#lose(socket);
    else this.#answer(frame, socket);
  }

  #answer(frame: Frame, socket: WebSocketLike): void {
    if (frame.kind === "open") {
      this.#silenceMs = frame.pingIntervalMs + frame.pingTimeoutMs;
      socket.send(namespaceConnect(namespace, { token: this.#parts.token() }));
    } else if (frame.kind === "ping") {
      socket.send(pong);
      this.#heard(socket);
    } else if (frame.kind === "answer") {
      this.#settle(frame.id, readAnswer(frame.payload));
    } else if (frame.kind === "event") {
      if (frame.event === "server:reconnect") this.#move(frame.payload);
      this.#parts.pushed(frame.event, frame.payload);
    }
  }

  #enter(dialledAt: number): void {
    this.#isOnline = true;
    this.#failures = 0;
    this.#connections += 1;
    const socket = this.#socket;
    if (socket !== undefined) this.#heard(socket);
    this.#parts.online(this.#parts.world.now() - dialledAt);
  }

  #refused(error: unknown, socket: WebSocketLike): void {
    const refusal = refusalIn(isFields(error) ? error["data"] : undefined);
    const code = refusal?.code ?? "REFUSED";
    if (final.includes(code)) this.#closed = true;
    this.#lose(socket, { code, told: refusal?.retryAfterMs });
  }

  /** The gateway sends us away: another one takes us after that time, ms. */
  #move(payload: unknown): void {
    const afterMs = isFields(payload) && typeof payload["afterMs"] === "number" ? payload["afterMs"] : 0;
    const socket = this.#socket;
    this.#callOffMove();
    this.#callOffMove = this.#parts.world.after(afterMs, () => this.#lose(socket, { told: 0 }));
  }

  #heard(socket: WebSocketLike): void {
    this.#callOffSilence();
    this.#callOffSilence = this.#parts.world.after(this.#silenceMs, () => this.#lose(socket));
  }

  /** Of several signs that a connection is over the first counts. */
  #lose(
    socket: WebSocketLike | undefined,
    { code = "LOST", told }: { code?: string; told?: number | undefined } = {},
  ): void {
    if (socket === undefined || socket !== this.#socket) return;
    const { world, offline, failed } = this.#parts;
    this.#socket = undefined;
    this.#callOffSilence();
    this.#callOffMove();
    socket.close();
    const wasOnline = this.#isOnline;
    this.#isOnline = false;
    for (const id of this.#asked.keys()) this.#settle(id, { kind: "lost" });
    if (wasOnline) offline();
    else if (!this.#closed || code !== "LOST") failed(code, this.#closed);
    if (this.#closed) return;
    this.#callOffReturn = world.after(comeBackAfter(this.#failures, world.random(), told), () => this.#dial());
    this.#failures += 1;
  }

  #settle(id: number, outcome: Outcome): void {
    const resolve = this.#asked.get(id);
    this.#asked.delete(id);
    resolve?.(outcome);
  }
}
