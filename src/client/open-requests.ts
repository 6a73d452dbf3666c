import { ChatError } from "../protocol/errors.ts";
import type { Answers } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import type { ClientClock } from "./client-clock.ts";
import type { Wire } from "./wire.ts";
import { readAnswer } from "./wire-guards.ts";

/** Receives an answer that came after its request was rejected with TIMEOUT. */
export type OnLate<N extends RequestName> = (answer: Answers[N]) => void;

/** While a connection receives something, an answer may take this many times `answerMs`. */
const patience = 4;

/**
 * Requests of one connection that have no answer yet. Each ends in its answer, in TIMEOUT, or with the connection.
 * `answerMs` begins anew with each packet that arrives, because a slow link delivers answers late, not never.
 */
export class OpenRequests {
  readonly #clock: ClientClock;
  readonly #answerMs: number;
  readonly #open = new Set<(error: ChatError) => void>();
  #heardAt = Number.NEGATIVE_INFINITY;

  /** @param answerMs how long an answer may take while nothing arrives, ms */
  constructor(clock: ClientClock, answerMs: number) {
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /** Something arrived on the connection. */
  heard(): void {
    this.#heardAt = this.#clock.monotonic();
  }

  /** Rejects with a ChatError: what the server says, TIMEOUT, or what `end` gave. */
  ask<N extends RequestName>(wire: Wire, name: N, payload: Requests[N], onLate?: OnLate<N>): Promise<Answers[N]> {
    return new Promise((resolve, reject) => {
      const close = (): boolean => {
        cancel();
        return this.#open.delete(fail);
      };
      const fail = (error: ChatError): void => {
        if (close()) reject(error);
      };
      let cancel = this.#expire(fail, (next) => {
        cancel = next;
      });
      this.#open.add(fail);
      wire.emit(name, payload, (answer) => {
        this.heard();
        if (close()) settle(() => readAnswer(name, answer), resolve, reject);
        else if (onLate !== undefined)
          settle(
            () => readAnswer(name, answer),
            onLate,
            () => undefined,
          );
      });
    });
  }

  /** The connection is gone, and all answers with it. */
  end(error: ChatError): void {
    for (const fail of this.#open) fail(error);
  }

  /** Calls `fail` once nothing arrived for `answerMs`, or after `patience` times that. */
  #expire(fail: (error: ChatError) => void, rearmed: (cancel: () => void) => void): () => void {
    const clock = this.#clock;
    const askedAt = clock.monotonic();
    const check = (): void => {
      const now = clock.monotonic();
      const due = Math.min(this.#heardAt, askedAt + (patience - 1) * this.#answerMs) + this.#answerMs;
      if (due <= now) fail(new ChatError("TIMEOUT", "no answer came in time"));
      else rearmed(clock.schedule(due - now, check));
    };
    return clock.schedule(this.#answerMs, check);
  }
}

function settle<T>(read: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  try {
    resolve(read());
  } catch (error) {
    reject(error);
  }
}
