import { ChatError, type ErrorCode } from "../protocol/errors.ts";
import type { AppendAnswer } from "../protocol/messages.ts";
import type { Requests } from "../protocol/schemas.ts";
import { type ClientClock, pause } from "./client-clock.ts";
import { decideRetry } from "./retry-policy.ts";

/** What takes a place in a room. */
type AppendName = "message:send" | "message:edit" | "message:delete" | "message:react";

/** One append, by name, with its payload. */
export type Append = { readonly [N in AppendName]: { readonly name: N; readonly payload: Requests[N] } }[AppendName];

/** An append that has no answer yet. */
export type Pending = Append & {
  readonly id: string;
  /** When it was handed in, Unix ms. */
  readonly since: number;
  /** How often it went out. Above 0 it may be stored already. */
  readonly tries: number;
  /** Why the last try came to nothing, while it waits for the next one. */
  readonly setback?: ErrorCode;
  /** When that next try is, Unix ms; absent where it waits for something else, such as a join. */
  readonly retryAt?: number;
};

export interface OutboxParts {
  readonly post: (append: Append) => Promise<AppendAnswer>;
  /** Whether the room takes appends now. When it does again, `resume` is called. */
  readonly ready: () => boolean;
  /** The server says that we are not where we think: join again. */
  readonly rejoin: () => void;
  readonly changed: (pending: readonly Pending[]) => void;
  readonly clock: ClientClock;
  readonly random: () => number;
}

interface Item {
  readonly append: Append;
  readonly since: number;
  readonly deadline: number;
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: ChatError) => void;
  readonly cancel: () => void;
  tries: number;
  failures: number;
  setback?: ErrorCode;
  retryAt?: number | undefined;
}

/**
 * What a room has yet to take, in order: the next goes out when the one before has its answer, so a retry overtakes
 * nothing. Each keeps its id however often it is sent, and ends in an answer or an error before its deadline.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #items: Item[] = [];
  #pumping = false;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  get pending(): readonly Pending[] {
    return this.#items.map(({ append, since, tries, setback, retryAt }) => {
      const known = { ...(setback === undefined ? {} : { setback }), ...(retryAt === undefined ? {} : { retryAt }) };
      return { ...append, id: append.payload.id, since, tries, ...known };
    });
  }

  /** Rejects with the error that ended it; TIMEOUT at the deadline means that it may be stored or not. */
  add(append: Append, deadlineMs: number): Promise<AppendAnswer> {
    const { clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(deadlineMs, () => this.#end(item, timedOut(item)));
      const deadline = clock.monotonic() + deadlineMs;
      const item: Item = { append, since: clock.now(), deadline, resolve, reject, cancel, tries: 0, failures: 0 };
      this.#items.push(item);
      this.#changed();
      this.resume();
    });
  }

  /** Goes on sending, if the room is ready. */
  resume(): void {
    if (!this.#pumping) void this.#pump();
  }

  /** Ends everything that waits. */
  close(error: ChatError): void {
    for (let [item] = this.#items; item !== undefined; [item] = this.#items) this.#end(item, error);
  }

  async #pump(): Promise<void> {
    this.#pumping = true;
    for (let item = this.#next(); item !== undefined; item = this.#next()) await this.#try(item);
    this.#pumping = false;
  }

  #next(): Item | undefined {
    return this.#parts.ready() ? this.#items[0] : undefined;
  }

  async #try(item: Item): Promise<void> {
    item.tries += 1;
    item.retryAt = undefined;
    this.#changed();
    try {
      const answer = await this.#parts.post(item.append);
      if (this.#remove(item)) item.resolve(answer);
    } catch (error) {
      await this.#failed(item, error instanceof ChatError ? error : new ChatError("INTERNAL", "sending failed"));
    }
  }

  async #failed(item: Item, error: ChatError): Promise<void> {
    if (!this.#items.includes(item) || !this.#parts.ready()) return;
    const { clock, random, rejoin } = this.#parts;
    const leftMs = item.deadline - clock.monotonic();
    const verdict = decideRetry({ error, attempt: item.failures, leftMs, random: random() });
    if (verdict.kind === "end") return this.#end(item, error);
    item.failures += 1;
    item.setback = error.code;
    if (error.code !== "NOT_IN_ROOM") item.retryAt = clock.now() + verdict.afterMs;
    this.#changed();
    if (error.code === "NOT_IN_ROOM") return rejoin();
    await pause(clock, verdict.afterMs);
  }

  #end(item: Item, error: ChatError): void {
    if (this.#remove(item)) item.reject(error);
  }

  #remove(item: Item): boolean {
    const at = this.#items.indexOf(item);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    item.cancel();
    this.#changed();
    return true;
  }

  #changed(): void {
    this.#parts.changed(this.pending);
  }
}

function timedOut(item: Item): ChatError {
  const known = item.tries === 0 ? "it never went out" : "whether it was stored is unknown";
  return new ChatError("TIMEOUT", `no answer before the deadline: ${known}`);
}
