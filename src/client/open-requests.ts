import { ChatError } from "../protocol/errors.ts";
import type { Answers } from "../protocol/messages.ts";
import type { RequestName, Requests } from "../protocol/schemas.ts";
import type { ClientClock } from "./client-clock.ts";
import type { Wire } from "./wire.ts";
import { readAnswer } from "./wire-guards.ts";

/** Requests of one connection that have no answer yet. Each ends in its answer, in TIMEOUT, or with the connection. */
export class OpenRequests {
  readonly #clock: ClientClock;
  readonly #answerMs: number;
  readonly #open = new Set<(error: ChatError) => void>();

  /** @param answerMs how long an answer may take, ms */
  constructor(clock: ClientClock, answerMs: number) {
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /** Rejects with a ChatError: what the server says, TIMEOUT, or what `end` gave. */
  ask<N extends RequestName>(wire: Wire, name: N, payload: Requests[N]): Promise<Answers[N]> {
    return new Promise((resolve, reject) => {
      const close = (): boolean => {
        cancel();
        return this.#open.delete(fail);
      };
      const fail = (error: ChatError): void => {
        if (close()) reject(error);
      };
      const cancel = this.#clock.schedule(this.#answerMs, () =>
        fail(new ChatError("TIMEOUT", "no answer came in time")),
      );
      this.#open.add(fail);
      wire.emit(name, payload, (answer) => {
        if (close()) settle(() => readAnswer(name, answer), resolve, reject);
      });
    });
  }

  /** The connection is gone, and all answers with it. */
  end(error: ChatError): void {
    for (const fail of this.#open) fail(error);
  }
}

function settle<T>(read: () => T, resolve: (value: T) => void, reject: (error: unknown) => void): void {
  try {
    resolve(read());
  } catch (error) {
    reject(error);
  }
}
