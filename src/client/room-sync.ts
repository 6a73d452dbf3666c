import type { Entry } from "../chat/entry.ts";
import { comparePositions, type Position } from "../chat/position.ts";
import { ChatError } from "../protocol/errors.ts";
import { limits } from "../protocol/limits.ts";
import type { JoinAnswer } from "../protocol/messages.ts";
import { type ClientClock, pause } from "./client-clock.ts";
import { type Ordered, type Ordering, orderCatchUp, orderingFrom, orderPush, orderSkip } from "./ordering.ts";
import { decideRetry } from "./retry-policy.ts";

export interface SyncParts {
  /** `room:join`, in turn with the other rooms of the connection. */
  readonly ask: (query: { readonly after?: Position; readonly limit: number }) => Promise<JoinAnswer>;
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
  #stopped = false;

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

  async #loop(): Promise<void> {
    this.#running = true;
    let failures = 0;
    let fruitless = 0;
    while (this.#again && this.#canAsk()) {
      this.#again = false;
      try {
        fruitless = (await this.#round()) ? 0 : fruitless + 1;
        failures = 0;
        if (this.#again && fruitless > 0) await this.#fruitless(fruitless);
      } catch (error) {
        await this.#failed(error, failures++);
      }
    }
    this.#running = false;
    if (!this.#again && this.#canAsk()) this.#parts.live();
  }

  #canAsk(): boolean {
    return !this.#stopped && this.#parts.online();
  }

  /** Whether it brought us further. */
  async #round(): Promise<boolean> {
    const before = this.#ordering.last;
    const hole = this.#catchUp(await this.#ask());
    this.#again ||= hole;
    const after = this.#ordering.last;
    return after !== undefined && (before === undefined || comparePositions(before, after) !== 0);
  }

  #ask(): Promise<JoinAnswer> {
    const { last } = this.#ordering;
    return this.#parts.ask(
      last === undefined ? { limit: this.#parts.limit } : { after: last, limit: limits.historyPage },
    );
  }

  /** Whether there is more to ask for. */
  #catchUp(answer: JoinAnswer): boolean {
    if (this.#stopped) return false;
    const { last } = this.#ordering;
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
    if (times < fruitlessMax) return pause(this.#parts.clock, 200 * times);
    const { last, held } = this.#ordering;
    const [head] = held;
    if (last !== undefined && head !== undefined) this.#parts.gap({ after: last, head });
    this.#again = this.#take(orderSkip(this.#ordering));
  }

  async #failed(thrown: unknown, attempt: number): Promise<void> {
    this.#again = true;
    if (!this.#canAsk()) return;
    const error = thrown instanceof ChatError ? thrown : new ChatError("INTERNAL", "joining failed");
    const leftMs = Number.POSITIVE_INFINITY;
    const verdict = decideRetry({ error, attempt, leftMs, random: this.#parts.random() });
    if (verdict.kind === "retry") return pause(this.#parts.clock, verdict.afterMs);
    this.stop();
    this.#parts.refused(error);
  }
}
