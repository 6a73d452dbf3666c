import type { Entry } from "../chat/entry.ts";
import { comparePositions, type Position } from "../chat/position.ts";
import { ChatError } from "../protocol/errors.ts";
import type { JoinAnswer } from "../protocol/messages.ts";
import type { ClientClock } from "./client-clock.ts";
import { isWithheld, type JoinQuery } from "./join-queue.ts";
import { type Ordered, type Ordering, orderCatchUp, orderingFrom, orderPush, orderSkip } from "./ordering.ts";
import { decideRetry } from "./retry-policy.ts";

export interface SyncParts {
  /** `room:join`, in turn with the other rooms of the connection. `onLate` gets an answer that came after TIMEOUT. */
  readonly ask: (query: JoinQuery, onLate: (answer: JoinAnswer) => void) => Promise<JoinAnswer>;
  /** Entries to ask for at a time. */
  readonly page: () => number;
  readonly online: () => boolean;
  readonly joined: (answer: JoinAnswer) => void;
  readonly deliver: (entries: readonly Entry[]) => void;
  readonly gap: (gap: { readonly after: Position; readonly head: Position }) => void;
  /** Caught up: what is pushed from now on follows directly. */
  readonly live: () => void;
  /** The server will not have us. */
  readonly refused: (error: ChatError) => void;
  readonly clock: ClientClock;
  readonly random: () => number;
  /** Where the user is already. */
  readonly after: Position | undefined;
  /** Entries to begin with, when the user is nowhere yet. */
  readonly limit: number;
}

/** Answers that brought nothing while a hole stays open, before the hole is declared a gap. */
const fruitlessMax = 3;

/** Keeps one room in order and complete: joins, catches up page by page, fills holes, says where something is lost. */
export class RoomSync {
  readonly #parts: SyncParts;
  #ordering: Ordering;
  #running = false;
  #again = false;
  /** The last try failed, and no late answer has made up for it. */
  #retry = false;
  /** The last answer left the entries out. */
  #withheld = false;
  #stopped = false;
  #wake: () => void = () => undefined;

  constructor(parts: SyncParts) {
    this.#parts = parts;
    this.#ordering = orderingFrom(parts.after);
  }

  /** The last position that was delivered. */
  get position(): Position | undefined {
    return this.#ordering.last;
  }

  pushed(entries: readonly Entry[]): void {
    if (this.#take(orderPush(this.#ordering, entries)) && !this.#running) this.run();
  }

  /** Asks the server for everything after the last position, and again if this is called meanwhile. */
  run(): void {
    this.#again = true;
    if (!this.#running && !this.#stopped) void this.#loop();
  }

  stop(): void {
    this.#stopped = true;
  }

  /** An answer that came after its request was given up: what it brings need not be asked for again. */
  #late(asked: Position | undefined, answer: JoinAnswer): void {
    if (this.#stopped) return;
    this.#again ||= this.#catchUp(asked, answer);
    this.#retry = false;
    this.#wake();
  }

  async #loop(): Promise<void> {
    this.#running = true;
    let failures = 0;
    let fruitless = 0;
    while (this.#mustAsk() && this.#canAsk()) {
      this.#again = false;
      this.#retry = false;
      try {
        fruitless = (await this.#round()) ? 0 : fruitless + 1;
        failures = 0;
        if (this.#again && fruitless > 0) await this.#fruitless(fruitless);
      } catch (error) {
        await this.#failed(error, failures++);
      }
    }
    this.#running = false;
    if (!this.#mustAsk() && this.#canAsk()) this.#parts.live();
  }

  #mustAsk(): boolean {
    return this.#again || this.#retry;
  }

  #canAsk(): boolean {
    return !this.#stopped && this.#parts.online();
  }

  /** Whether it brought us further. */
  async #round(): Promise<boolean> {
    const before = this.#ordering.last;
    const answer = await this.#ask(before);
    const hole = this.#catchUp(before, answer);
    this.#again ||= hole;
    this.#withheld = isWithheld(answer);
    const after = this.#ordering.last;
    return after !== undefined && (before === undefined || comparePositions(before, after) !== 0);
  }

  #ask(last: Position | undefined): Promise<JoinAnswer> {
    const { ask, limit, page } = this.#parts;
    const query = last === undefined ? { limit } : { after: last, limit: page() };
    return ask(query, (answer) => this.#late(last, answer));
  }

  /**
   * Whether there is more to ask for.
   * @param asked the position that the answer is about
   */
  #catchUp(asked: Position | undefined, answer: JoinAnswer): boolean {
    if (this.#stopped) return false;
    const { last } = this.#ordering;
    // The gap of an older position says nothing about this one.
    if (answer.gap === true && !isSame(asked, last)) return true;
    this.#parts.joined(answer);
    if (answer.gap === true && last !== undefined) this.#parts.gap({ after: last, head: answer.head });
    return this.#take(orderCatchUp(this.#ordering, answer));
  }

  /** Whether a hole is left. */
  #take(ordered: Ordered): boolean {
    this.#ordering = ordered.ordering;
    if (ordered.deliver.length > 0) this.#parts.deliver(ordered.deliver);
    return ordered.hole;
  }

  async #fruitless(times: number): Promise<void> {
    if (this.#withheld) return times === 1 ? undefined : this.#pause(200 * Math.min(times, 5));
    if (times < fruitlessMax) return this.#pause(200 * times);
    const { last, held } = this.#ordering;
    const [head] = held;
    if (last !== undefined && head !== undefined) this.#parts.gap({ after: last, head });
    this.#again = this.#take(orderSkip(this.#ordering));
  }

  async #failed(thrown: unknown, attempt: number): Promise<void> {
    this.#retry = true;
    if (!this.#canAsk()) return;
    const error = thrown instanceof ChatError ? thrown : new ChatError("INTERNAL", "joining failed");
    const leftMs = Number.POSITIVE_INFINITY;
    const verdict = decideRetry({ error, attempt, leftMs, random: this.#parts.random() });
    if (verdict.kind === "retry") return this.#pause(verdict.afterMs);
    this.stop();
    this.#parts.refused(error);
  }

  /** Over early when a late answer came. */
  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#parts.clock.schedule(ms, resolve);
      this.#wake = () => {
        cancel();
        resolve();
      };
    });
  }
}

function isSame(a: Position | undefined, b: Position | undefined): boolean {
  return a === undefined || b === undefined ? a === b : comparePositions(a, b) === 0;
}
