import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";

/** `open`: passes everything. `cut`: resets every connection, old and new. `silent`: takes everything and does not pass it on. */
export type ProxyMode = "open" | "cut" | "silent";

/** What a silent proxy holds back: all, or one direction of the link only. */
export type Silence = "both" | "requests" | "answers";

/** A TCP proxy on a free port of the loopback address, which can be told to misbehave. */
export interface FaultProxy extends AsyncDisposable {
  readonly port: number;
  /** How many it took so far. */
  readonly connections: number;
  /** Resets all connections and every new one, until healed. */
  cut(): void;
  /** Keeps connections and accepts new ones, but no byte comes through, or none of one direction, until healed; then those that waited do. */
  silence(what?: Silence): void;
  /** Resets a connection instead of passing an answer on, with this probability, until healed. The request has had its effect. */
  loseAnswers(share: number, random: () => number): void;
  heal(): void;
  /** Each byte takes this much longer, ms, in either direction. */
  delay(ms: number): void;
  /** Bytes that passed so far, in both directions. */
  readonly bytes: number;
  /** At most so many bytes pass each second, in each direction of each connection; Infinity at first. */
  rate(bytesPerSecond: number): void;
  /** Resets all connections; new ones go to another port of the same host. */
  retarget(port: number): void;
  /** New connections go to another port; those that there are stay. */
  divert(port: number): void;
  close(): Promise<void>;
}

/** A slow link passes this many bytes at a time. */
const sliceBytes = 1_024;

interface Pair {
  readonly client: Socket;
  upstream: Socket | undefined;
}

class Proxy implements FaultProxy {
  readonly port: number;
  connections = 0;
  bytes = 0;
  readonly #server: Server;
  readonly #host: string;
  readonly #pairs = new Set<Pair>();
  #target: number;
  #mode: ProxyMode = "open";
  #silence: Silence = "both";
  #losesAnswer: () => boolean = () => false;
  #delayMs = 0;
  #rate = Number.POSITIVE_INFINITY;

  constructor(server: Server, port: number, target: { readonly host: string; readonly port: number }) {
    this.#server = server;
    this.port = port;
    this.#host = target.host;
    this.#target = target.port;
    server.on("connection", (client) => this.#accept(client));
  }

  cut(): void {
    this.#mode = "cut";
    this.#resetAll();
  }

  silence(what: Silence = "both"): void {
    this.#mode = "silent";
    this.#silence = what;
    for (const pair of this.#pairs) this.#hold(pair);
  }

  loseAnswers(share: number, random: () => number): void {
    this.#losesAnswer = () => random() < share;
  }

  heal(): void {
    this.#mode = "open";
    this.#losesAnswer = () => false;
    for (const pair of this.#pairs) {
      if (pair.upstream === undefined) this.#join(pair);
      pair.client.resume();
      pair.upstream?.resume();
    }
  }

  delay(ms: number): void {
    this.#delayMs = ms;
  }

  rate(bytesPerSecond: number): void {
    this.#rate = bytesPerSecond;
  }

  retarget(port: number): void {
    this.#target = port;
    this.#resetAll();
  }

  divert(port: number): void {
    this.#target = port;
  }

  async close(): Promise<void> {
    this.#resetAll();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #accept(client: Socket): void {
    this.connections++;
    const pair: Pair = { client, upstream: undefined };
    client.on("error", () => {});
    if (this.#mode === "cut") return void client.resetAndDestroy();
    this.#pairs.add(pair);
    client.setNoDelay(true);
    client.on("close", () => this.#end(pair));
    if (this.#mode === "silent" && this.#silence === "both") client.pause();
    else this.#join(pair);
  }

  #hold({ client, upstream }: Pair): void {
    if (this.#silence !== "answers") client.pause();
    if (this.#silence !== "requests") upstream?.pause();
  }

  #join(pair: Pair): void {
    const upstream = connect(this.#target, this.#host);
    pair.upstream = upstream;
    upstream.setNoDelay(true);
    upstream.on("error", () => {});
    upstream.on("close", () => this.#end(pair));
    this.#pass(pair.client, upstream);
    upstream.on("data", () => this.#losesAnswer() && this.#end(pair));
    this.#pass(upstream, pair.client);
    if (this.#mode === "silent") this.#hold(pair);
  }

  #pass(from: Socket, to: Socket): void {
    let due = 0;
    const waiting: { readonly due: number; readonly chunk: Buffer }[] = [];
    const write = (chunk: Buffer): void => {
      if (to.destroyed || to.write(chunk)) return;
      from.pause();
      to.once("drain", () => this.#mode !== "silent" && from.resume());
    };
    // One timer for all: two of them may fire in another order than they are due.
    const writeDue = (): void => {
      const now = performance.now();
      while (waiting[0] !== undefined && waiting[0].due <= now) write(waiting.shift()?.chunk ?? Buffer.of());
      if (waiting[0] !== undefined) setTimeout(writeDue, waiting[0].due - now);
    };
    const pass = (chunk: Buffer): number => {
      this.bytes += chunk.length;
      const now = performance.now();
      due = Math.max(due, now + this.#delayMs) + (chunk.length * 1_000) / this.#rate;
      waiting.push({ due, chunk });
      if (waiting.length === 1) writeDue();
      return due - now;
    };
    // Takes no more before this has passed, so that what waits stays with its sender.
    const passSlowly = (chunk: Buffer): void => {
      from.pause();
      let waitMs = 0;
      for (let at = 0; at < chunk.length; at += sliceBytes) waitMs = pass(chunk.subarray(at, at + sliceBytes));
      setTimeout(() => this.#mode !== "silent" && from.resume(), waitMs);
    };
    from.on("data", (chunk: Buffer) => {
      if (this.#rate === Number.POSITIVE_INFINITY) pass(chunk);
      else passSlowly(chunk);
    });
  }

  #end(pair: Pair): void {
    if (!this.#pairs.delete(pair)) return;
    pair.client.resetAndDestroy();
    pair.upstream?.resetAndDestroy();
  }

  #resetAll(): void {
    for (const pair of this.#pairs) this.#end(pair);
  }
}

/** Starts a proxy to a port of this machine, or of another. */
export async function startFaultProxy(target: number, host = "127.0.0.1"): Promise<FaultProxy> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return new Proxy(server, address.port, { host, port: target });
}
