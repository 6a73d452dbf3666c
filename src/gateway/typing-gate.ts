import type { Clock } from "../kernel/clock.ts";
import type { Metrics } from "../telemetry/metrics.ts";

export interface TypingGateOptions {
  /** At most one event per key in this time, ms. */
  readonly everyMs: number;
  /** How long a key is on without being set again, ms. */
  readonly endMs: number;
  /** Keys that may be on at a time; beyond, `on` is not shown. */
  readonly max: number;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Who types where, through which connection. */
export interface Typing {
  /** `typingKey` of the user and the room. */
  readonly key: string;
  readonly connection: string;
  readonly emit: (on: boolean) => void;
}

export function typingKey(user: string, room: string): string {
  return JSON.stringify([user, room]);
}

interface Typist {
  typing: Typing;
  /** The latest state that was asked for. */
  wanted: boolean;
  sent: boolean;
  /** Something was sent so recently that the next has to wait. */
  isPaced: boolean;
  cancelEnd: () => void;
}

/**
 * Thins out typing events: the first goes out at once, of those that follow too soon only the last, and only if it says something
 * new. Ends a typing that is not set again in time, because its client may be gone.
 */
export class TypingGate {
  readonly #typists = new Map<string, Typist>();
  readonly #options: TypingGateOptions;

  constructor(options: TypingGateOptions) {
    this.#options = options;
  }

  set(typing: Typing, on: boolean): void {
    const typist = this.#typists.get(typing.key) ?? this.#add(typing, on);
    if (typist === undefined) return;
    typist.typing = typing;
    this.#want(typist, on);
    if (!typist.isPaced) this.#send(typist);
  }

  /** Ends a typing as far as this connection set it last. */
  end(key: string, connection: string): void {
    const typist = this.#typists.get(key);
    if (typist?.typing.connection === connection) this.#end(typist);
  }

  #add(typing: Typing, on: boolean): Typist | undefined {
    const { max, metrics } = this.#options;
    if (on && this.#typists.size >= max) {
      metrics.count("weir_cap_reached_total", { cap: "typists" });
      return undefined;
    }
    const typist = { typing, wanted: on, sent: false, isPaced: false, cancelEnd: () => undefined };
    this.#typists.set(typing.key, typist);
    return typist;
  }

  #want(typist: Typist, on: boolean): void {
    const { clock, endMs } = this.#options;
    typist.cancelEnd();
    typist.wanted = on;
    typist.cancelEnd = on ? clock.schedule(endMs, () => this.#end(typist)) : () => undefined;
  }

  #end(typist: Typist): void {
    this.#want(typist, false);
    if (!typist.isPaced) this.#sendNews(typist);
  }

  #send(typist: Typist): void {
    typist.sent = typist.wanted;
    typist.isPaced = true;
    typist.typing.emit(typist.sent);
    this.#options.clock.schedule(this.#options.everyMs, () => {
      typist.isPaced = false;
      this.#sendNews(typist);
    });
  }

  #sendNews(typist: Typist): void {
    if (typist.wanted !== typist.sent) this.#send(typist);
    else if (!typist.wanted) this.#typists.delete(typist.typing.key);
  }
}
