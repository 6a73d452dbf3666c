import { io, type Socket } from "socket.io-client";
import { backoffDelay } from "../../src/kernel/backoff.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { Semaphore } from "../../src/kernel/semaphore.ts";
import type { Op, Outgoing } from "./checker-journal.ts";
import { mayWait } from "./load-plan.ts";
import { LoadRoom } from "./load-room.ts";
import { isEntries, isObject, isPosition, isTier, type Outcome, readAnswer, wireRequest } from "./load-wire.ts";

export interface LoadClientOptions {
  readonly id: string;
  /** Where its gateway is; the namespace is added. */
  readonly url: string;
  readonly token: string;
  /** By HTTP long-polling on `/socket.io`, instead of a WebSocket on `/rt`. */
  readonly polling?: boolean;
  readonly rooms: readonly string[];
  readonly journal: (op: Op) => void;
  readonly random: () => number;
  /** How long one send is tried, ms. */
  readonly deadlineMs: number;
}

/** Longer than any try takes on a connection that works: a gateway has 10 s, and 10 s more where an append waits for the store. */
const answerWithinMs = { join: 15_000, append: 25_000 } as const;
/** A gateway takes 64 requests of one connection at a time. Those that wait for a store that is away must not keep the others. */
const inFlightMax = { stored: 16, others: 36 } as const;
const retryBackoff = { baseMs: 200, maxMs: 2_000 } as const;
/** After these it is known that nothing was stored. */
const storedNothing = new Set(["OVERLOADED", "RATE_LIMITED", "DRAINING", "ROOM_FULL", "SLOW_MODE", "MUTED"]);

type Attempt = Outcome | { readonly kind: "lost" } | { readonly kind: "hang" };

function isFinal(result: Attempt): result is Extract<Attempt, { readonly kind: "error" }> {
  return result.kind === "error" && !result.error.retryable;
}

function mayBeStored(result: Attempt): boolean {
  return result.kind !== "error" || !storedNothing.has(result.error.code);
}

/** A chat user on plain socket.io-client: comes back, catches up, and sends each message until it has an answer. */
export class LoadClient {
  readonly id: string;
  readonly rooms = new Map<string, LoadRoom>();
  connections = 0;
  readonly #options: LoadClientOptions;
  readonly #socket: Socket;
  /** Rooms joined on this connection. */
  #joined = new Set<string>();
  #wakers: (() => void)[] = [];
  readonly #storedInFlight = new Semaphore(inFlightMax.stored);
  readonly #inFlight = new Semaphore(inFlightMax.others);

  constructor(options: LoadClientOptions) {
    this.id = options.id;
    this.#options = options;
    const { url, token, rooms, journal, polling = false } = options;
    this.#socket = io(`${url}/chat`, {
      path: polling ? "/socket.io" : "/rt",
      transports: [polling ? "polling" : "websocket"],
      auth: { token },
      forceNew: true,
      reconnectionDelay: 200,
      reconnectionDelayMax: 1_500,
      timeout: 5_000,
    });
    for (const room of rooms)
      this.rooms.set(
        room,
        new LoadRoom({ client: this.id, room, journal, ask: (request) => this.#join(room, request) }),
      );
    this.#listen();
  }

  /** Whether it is connected and in all of its rooms. */
  get isLive(): boolean {
    return this.#socket.connected && this.#joined.size === this.rooms.size;
  }

  close(): void {
    this.#socket.disconnect();
  }

  /** Sends until there is an answer that ends it or the deadline is over. Never rejects. */
  async send(outgoing: Outgoing): Promise<void> {
    const { journal, deadlineMs } = this.#options;
    const { room, id } = outgoing;
    journal({ op: "invoke", sender: this.id, ...outgoing });
    const deadline = performance.now() + deadlineMs;
    let maybeStored = false;
    for (let attempt = 1; await this.#inRoom(room, deadline); attempt++) {
      const connection = `${this.id}/${this.connections}`;
      const result = await this.#try(outgoing);
      if (result.kind === "ok") return this.#acked({ room, id, attempt, connection }, result.answer);
      if (result.kind === "hang") journal({ op: "hang", id });
      if (isFinal(result)) return journal({ op: maybeStored ? "info" : "fail", id, code: result.error.code });
      maybeStored ||= mayBeStored(result);
      await systemClock.sleep(this.#pauseAfter(result, attempt));
    }
    journal({ op: "info", id, code: "TIMEOUT" });
  }

  /** Sends what was sent before once more, and notes where it is said to be. Never rejects. */
  async repeat(outgoing: Outgoing): Promise<void> {
    const { room, id } = outgoing;
    const result = await this.#try(outgoing);
    if (result.kind !== "ok") return;
    this.#acked({ room, id, attempt: 0, connection: `${this.id}/${this.connections}` }, result.answer);
  }

  #acked(
    send: { readonly room: string; readonly id: string; readonly attempt: number; readonly connection: string },
    answer: Readonly<Record<string, unknown>>,
  ): void {
    if (!isPosition(answer)) throw new Error(`no place in ${JSON.stringify(answer)}`);
    const { epoch, seq, durability: tier } = answer;
    if (!isTier(tier)) throw new Error(`no tier in ${JSON.stringify(answer)}`);
    this.#options.journal({ op: "ok", sender: this.id, epoch, seq, tier, ...send });
  }

  #pauseAfter(result: Attempt, attempt: number): number {
    const told = result.kind === "error" ? result.error.retryAfterMs : undefined;
    return told ?? backoffDelay(retryBackoff, attempt - 1, this.#options.random());
  }

  #listen(): void {
    this.#socket.on("connect", () => {
      this.connections += 1;
      this.#joined = new Set();
      for (const room of this.rooms.values()) void room.sync();
    });
    this.#socket.on("disconnect", (reason) => {
      this.#joined = new Set();
      if (reason === "io server disconnect") this.#comeBack();
    });
    this.#socket.on("connect_error", () => {
      if (!this.#socket.active) this.#comeBack();
    });
    this.#socket.on("messages", (push: unknown) => {
      if (!isObject(push) || !isEntries(push["entries"])) throw new Error("no entries");
      this.#roomOf(push)?.pushed(push["entries"], push["storedSeq"], push["storedEpoch"]);
    });
    this.#socket.on("stored", (push: unknown) => {
      if (!isObject(push) || typeof push["seq"] !== "number") throw new Error("no mark");
      this.#roomOf(push)?.marked(push["seq"], push["epoch"]);
    });
    this.#socket.on("room:resync", (push: unknown) => void this.#roomOf(push)?.sync());
  }

  #roomOf(push: unknown): LoadRoom | undefined {
    return isObject(push) ? this.rooms.get(String(push["room"])) : undefined;
  }

  /** The server said no: the library does not try again by itself. */
  #comeBack(): void {
    setTimeout(() => this.#socket.connect(), 500 + this.#options.random() * 500).unref();
  }

  async #join(room: string, request: object): Promise<Readonly<Record<string, unknown>> | undefined> {
    const connection = this.connections;
    for (let attempt = 1; this.#socket.connected && this.connections === connection; attempt++) {
      const result = await this.#ask("room:join", { room, ...request }, answerWithinMs.join);
      if (result.kind === "ok" && this.connections === connection) {
        this.#joined.add(room);
        for (const wake of this.#wakers.splice(0)) wake();
        return result.answer;
      }
      await systemClock.sleep(this.#pauseAfter(result, attempt));
    }
    return undefined;
  }

  /** Whether it is in the room before the deadline. */
  async #inRoom(room: string, deadline: number): Promise<boolean> {
    for (;;) {
      const left = deadline - performance.now();
      if (left <= 0) return false;
      if (this.#joined.has(room)) return true;
      const woken = new AbortController();
      this.#wakers.push(() => woken.abort());
      await systemClock.sleep(left, woken.signal);
    }
  }

  #try(outgoing: Outgoing): Promise<Attempt> {
    const { event, request } = wireRequest(outgoing);
    const turns = mayWait(outgoing.tier) ? this.#storedInFlight : this.#inFlight;
    // It may have left the room while it waited for its turn; what is asked without a connection is sent with the next one.
    return turns.run(async () =>
      this.#joined.has(outgoing.room) ? this.#ask(event, request, answerWithinMs.append) : { kind: "lost" },
    );
  }

  async #ask(event: string, request: object, withinMs: number): Promise<Attempt> {
    const connection = this.#socket.id;
    try {
      const answer: unknown = await this.#socket.timeout(withinMs).emitWithAck(event, request);
      return readAnswer(answer);
    } catch {
      return { kind: this.#socket.connected && this.#socket.id === connection ? "hang" : "lost" };
    }
  }
}
