import { ChatError, type ErrorCode } from "../protocol/errors.ts";
import type { AppendAnswer } from "../protocol/messages.ts";
import type { Requests } from "../protocol/schemas.ts";
import { AppendError, leavesOutcomeOpen } from "./append-error.ts";
import type { ClientClock } from "./client-clock.ts";
import { ConnectionLost } from "./connection-lost.ts";
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
  /** @param onLate receives an answer that comes after its request timed out */
  readonly post: (append: Append, onLate: (answer: AppendAnswer) => void) => Promise<AppendAnswer>;
  /** Whether the room takes appends now. When it does again, `resume` is called. */
  readonly ready: () => boolean;
  /** The server says that we are not where we think: join again. */
  readonly rejoin: () => void;
  /** What waits has changed for this owner. */
  readonly changed: (owner: object) => void;
  readonly clock: ClientClock;
  readonly random: () => number;
}

export interface AddOptions {
  /** Whose append it is: `close` and `pending` tell owners apart. */
  readonly owner: object;
  readonly deadlineMs: number;
}

interface Item {
  readonly append: Append;
  readonly owner: object;
  readonly since: number;
  readonly deadline: number;
  readonly resolve: (answer: AppendAnswer) => void;
  readonly reject: (error: AppendError) => void;
  readonly cancel: () => void;
  tries: number;
  failures: number;
  /** A try may have been stored without an answer. */
  unknown: boolean;
  /** A try is on its way, and the connection holds. */
  onWire: boolean;
  sentAt: number;
  /** Connections that ended right after this went out. */
  losses: number;
  /** Nobody waits for the room any more: the try on its way is the last one. */
  ending?: ChatError;
  setback?: ErrorCode;
  retryAt?: number | undefined;
}

/** An append that went out this long before the connection ended is not taken for the cause, ms. */
const suspectMs = 5_000;
/** After as many connections that ended right after it, an append is rejected. */
const lossesMax = 2;
/** How long the answer to an append may take after its room or connection was given up, ms. */
const lastAnswerMs = 10_000;

/**
 * What a room has yet to take, in order: the next goes out when the one before has its answer, so a retry overtakes
 * nothing. Each keeps its id however often it is sent, and ends in an answer or an error before its deadline.
 */
export class Outbox {
  readonly #parts: OutboxParts;
  readonly #items: Item[] = [];
  #pumping = false;
  #wake: () => void = () => undefined;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  pendingOf(owner: object): readonly Pending[] {
    const own = this.#items.filter((item) => item.owner === owner);
    return own.map(({ append, since, tries, setback, retryAt }) => {
      const known = { ...(setback === undefined ? {} : { setback }), ...(retryAt === undefined ? {} : { retryAt }) };
      return { ...append, id: append.payload.id, since, tries, ...known };
    });
  }

  /** Rejects with an AppendError, which says whether it may be stored. */
  add(append: Append, { owner, deadlineMs }: AddOptions): Promise<AppendAnswer> {
    const { clock } = this.#parts;
    return new Promise((resolve, reject) => {
      const cancel = clock.schedule(deadlineMs, () => this.#end(item, timedOut(item)));
      const times = { since: clock.now(), deadline: clock.monotonic() + deadlineMs, sentAt: 0 };
      const counts = { tries: 0, failures: 0, losses: 0, unknown: false, onWire: false };
      const item: Item = { append, owner, resolve, reject, cancel, ...times, ...counts };
      this.#items.push(item);
      this.#parts.changed(owner);
      this.resume();
    });
  }

  /** Goes on sending, if the room is ready. */
  resume(): void {
    if (!this.#pumping) void this.#pump();
  }

  /** Ends what waits, of one owner or of all. The answer to what is on its way is waited for, for a while. */
  close(error: ChatError, owner?: object): void {
    const ending = this.#items.filter((item) => owner === undefined || item.owner === owner);
    for (const item of ending) {
      item.ending = error;
      if (item.onWire) this.#parts.clock.schedule(lastAnswerMs, () => this.#end(item, error));
      else this.#end(item, error);
    }
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
    item.onWire = true;
    item.sentAt = this.#parts.clock.monotonic();
    this.#parts.changed(item.owner);
    try {
      this.#stored(item, await this.#parts.post(item.append, (answer) => this.#stored(item, answer)));
    } catch (error) {
      await this.#failed(item, error instanceof ChatError ? error : new ChatError("INTERNAL", "sending failed"));
    }
  }

  #stored(item: Item, answer: AppendAnswer): void {
    if (!this.#remove(item)) return;
    item.resolve(answer);
    this.#wake();
  }

  async #failed(item: Item, error: ChatError): Promise<void> {
    item.onWire = false;
    item.unknown ||= leavesOutcomeOpen(error);
    if (this.#isLastTry(item, error)) return this.#end(item, item.ending ?? error);
    if (!this.#items.includes(item) || !this.#parts.ready()) return;
    const { clock, random, rejoin } = this.#parts;
    const leftMs = item.deadline - clock.monotonic();
    const verdict = decideRetry({ error, attempt: item.failures, leftMs, random: random() });
    if (verdict.kind === "end") return this.#end(item, error);
    item.failures += 1;
    item.setback = error.code;
    if (error.code !== "NOT_IN_ROOM") item.retryAt = clock.now() + verdict.afterMs;
    this.#parts.changed(item.owner);
    if (error.code === "NOT_IN_ROOM") return rejoin();
    await this.#pause(verdict.afterMs);
  }

  /** Whether nobody waits for another try, or another one would end the connection once more. */
  #isLastTry(item: Item, error: ChatError): boolean {
    const lost = error instanceof ConnectionLost && error.abrupt;
    if (lost && this.#parts.clock.monotonic() - item.sentAt <= suspectMs) item.losses += 1;
    return item.ending !== undefined || item.losses >= lossesMax;
  }

  /** Over early when a late answer made the wait needless. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.schedule(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }

  #end(item: Item, error: ChatError): void {
    if (this.#remove(item)) item.reject(appendError(item, error));
  }

  #remove(item: Item): boolean {
    const at = this.#items.indexOf(item);
    if (at < 0) return false;
    this.#items.splice(at, 1);
    item.cancel();
    this.#parts.changed(item.owner);
    return true;
  }
}

function timedOut(item: Item): ChatError {
  const known = item.tries === 0 ? "it never went out" : "whether it was stored is unknown";
  return new ChatError("TIMEOUT", `no answer before the deadline: ${known}`);
}

/** What the server says keeps its code. What ends here has UNAVAILABLE where it may be stored, so that nobody takes it for refused. */
function appendError(item: Item, error: ChatError): AppendError {
  const { id } = item.append.payload;
  const outcome = item.unknown || item.onWire ? "unknown" : "not-stored";
  const { retryAfterMs, retryable } = error;
  if (item.losses >= lossesMax && error instanceof ConnectionLost) {
    const message = `${item.losses} connections ended right after this append went out: whether it was stored is unknown`;
    return new AppendError("UNAVAILABLE", message, { id, outcome: "unknown", cause: error });
  }
  if (outcome === "not-stored" || item.ending !== error || leavesOutcomeOpen(error)) {
    return new AppendError(error.code, error.message, { id, outcome, retryAfterMs, retryable, cause: error });
  }
  const message = `whether it was stored is unknown: ${error.message}`;
  return new AppendError("UNAVAILABLE", message, { id, outcome, cause: error });
}
