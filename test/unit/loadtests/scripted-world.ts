import type { WebSocketLike, World } from "../../../loadtests/lib/world.ts";

interface Timer {
  readonly at: number;
  readonly run: () => void;
}

type Listener = (event: object) => void;

/** A WebSocket whose other end is the test. */
export class ScriptedSocket implements WebSocketLike {
  readonly url: string;
  readonly sent: string[] = [];
  isClosed = false;
  readonly #listeners = new Map<string, Listener[]>();

  constructor(url: string) {
    this.url = url;
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.isClosed = true;
  }

  addEventListener(event: string, listener: Listener): void {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /** The server says this. */
  say(text: string): void {
    this.#emit("message", { data: text });
  }

  /** The connection breaks; both signs of it come, as from a real one. */
  break(): void {
    this.#emit("error", {});
    this.#emit("close", { code: 1006 });
  }

  /** The server lets the client in. */
  letIn(): void {
    this.say('0{"sid":"s","pingInterval":25000,"pingTimeout":20000}');
    this.say('40/chat,{"sid":"c"}');
  }

  #emit(event: string, payload: object): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(payload);
  }
}

/** A world whose time the test makes go on. */
export class ScriptedWorld implements World {
  readonly dialled: ScriptedSocket[] = [];
  #now = 1_000_000;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  random(): number {
    return 0.5;
  }

  after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  dial(url: string): ScriptedSocket {
    const socket = new ScriptedSocket(url);
    this.dialled.push(socket);
    return socket;
  }

  get last(): ScriptedSocket {
    const socket = this.dialled[this.dialled.length - 1];
    if (socket === undefined) throw new Error("nobody has dialled");
    return socket;
  }

  /** Timers that are not called off. */
  get waiting(): number {
    return this.#timers.size;
  }

  pass(ms: number): void {
    const until = this.#now + ms;
    for (;;) {
      const [next] = [...this.#timers].filter(({ at }) => at <= until).sort((a, b) => a.at - b.at);
      if (next === undefined) break;
      this.#now = next.at;
      this.#timers.delete(next);
      next.run();
    }
    this.#now = until;
  }
}
