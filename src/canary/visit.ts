import type { Entry } from "../chat/entry.ts";
import { canaryRoom } from "../chat/room.ts";
import { OpenRequests } from "../client/open-requests.ts";
import type { Dial, DialTarget, Wire } from "../client/wire.ts";
import { isPush, type Push, readError } from "../client/wire-guards.ts";
import type { Clock } from "../kernel/clock.ts";
import { withDeadline } from "../kernel/deadline.ts";
import { ChatError } from "../protocol/errors.ts";
import type { Receipt } from "./peers.ts";

export interface VisitOptions {
  /** Where this gateway listens. */
  readonly url: string;
  readonly token: string;
  readonly dial: Dial;
  readonly clock: Clock;
  /** How long any leg but `stored` may take, ms. */
  readonly legMs: number;
  /** How long the store may take, ms. */
  readonly storedMs: number;
  /** A message of the room, as long as this lives. */
  readonly onEntry: (entry: Entry) => void;
}

interface Wait {
  readonly isOver: () => boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** One connection of the canary: no try is repeated, so that what it measures is what happened. A leg rejects with what went wrong. */
export class Visit {
  readonly #options: VisitOptions;
  readonly #requests: OpenRequests;
  readonly #waits = new Set<Wait>();
  readonly #arrived = new Set<string>();
  #sent: string | undefined;
  #wire: Wire | undefined;
  #storedSeq = 0;

  constructor(options: VisitOptions) {
    this.#options = options;
    this.#requests = new OpenRequests(options.clock, options.legMs);
  }

  connect(): Promise<void> {
    const { url, token, legMs } = this.#options;
    const target: DialTarget = { url, token, route: { path: "/rt", transports: ["websocket"] }, resuming: false };
    const state = { isOpen: false };
    const isOpen = this.#until(() => state.isOpen, legMs);
    this.#wire = this.#options.dial(target, {
      opened: () => {
        state.isOpen = true;
        this.#look();
      },
      refused: ({ message, data }) => this.#end(readError(data) ?? new Error(message)),
      closed: () => this.#end(new Error("the connection was lost")),
      heard: () => undefined,
      pushed: (event, payload) => this.#pushed({ event, payload }),
    });
    return isOpen;
  }

  async join(): Promise<void> {
    const { storedSeq = 0 } = await this.#requests.ask(this.#open, "room:join", { room: canaryRoom, limit: 1 });
    this.#raiseStored(storedSeq);
  }

  /** Whether what was sent has come back, acknowledged or not. */
  get hasDelivered(): boolean {
    return this.#sent !== undefined && this.#arrived.has(this.#sent);
  }

  /** Resolves with the message's seq when it is acknowledged. */
  async send(id: string, receipts: readonly Receipt[]): Promise<number> {
    this.#sent = id;
    const message = { room: canaryRoom, id, text: "canary", meta: { receipts } };
    return (await this.#requests.ask(this.#open, "message:send", message)).seq;
  }

  arrival(id: string): Promise<void> {
    return this.#until(() => this.#arrived.has(id), this.#options.legMs);
  }

  stored(seq: number): Promise<void> {
    return this.#until(() => this.#storedSeq >= seq, this.#options.storedMs);
  }

  /** What is known to be stored is read from the store when it is asked for from below. */
  async readBack(id: string, seq: number): Promise<void> {
    const query = { room: canaryRoom, after: seq - 1, limit: 1 };
    const { entries } = await this.#requests.ask(this.#open, "history:get", query);
    if (entries[0]?.id !== id) throw new Error("the message is not in the history");
  }

  /** What is under way rejects. Idempotent. */
  close(): void {
    this.#wire?.close();
    this.#end(new Error("closed"));
  }

  get #open(): Wire {
    if (this.#wire === undefined) throw new Error("there is no connection");
    return this.#wire;
  }

  #until(isOver: () => boolean, ms: number): Promise<void> {
    const error = (): Error => new ChatError("TIMEOUT", "it did not come in time");
    return withDeadline({ clock: this.#options.clock, ms, error }, (signal) => this.#wait(isOver, signal));
  }

  #wait(isOver: () => boolean, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const wait: Wait = { isOver, resolve, reject };
      this.#waits.add(wait);
      signal.addEventListener("abort", () => this.#waits.delete(wait), { once: true });
      this.#look();
    });
  }

  #look(): void {
    for (const wait of this.#waits) {
      if (!wait.isOver()) continue;
      this.#waits.delete(wait);
      wait.resolve();
    }
  }

  #end(error: Error): void {
    this.#wire = undefined;
    this.#requests.end(error instanceof ChatError ? error : new ChatError("INTERNAL", error.message));
    for (const { reject } of this.#waits) reject(error);
    this.#waits.clear();
  }

  #pushed(push: { readonly event: string; readonly payload: unknown }): void {
    if (isPush(push) && "room" in push.payload && push.payload.room === canaryRoom) this.#take(push);
    this.#look();
  }

  #take({ event, payload }: Push): void {
    if (event === "stored") this.#raiseStored(payload.seq);
    if (event !== "messages") return;
    this.#raiseStored(payload.storedSeq ?? 0);
    for (const entry of payload.entries) {
      this.#arrived.add(entry.id);
      this.#options.onEntry(entry);
    }
  }

  #raiseStored(seq: number): void {
    this.#storedSeq = Math.max(this.#storedSeq, seq);
  }
}
