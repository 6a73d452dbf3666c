import type { Outcome } from "./wire.ts";

/** After these it is known that nothing was stored. */
const storedNothing = ["OVERLOADED", "RATE_LIMITED", "DRAINING", "ROOM_FULL", "SLOW_MODE", "MUTED", "NOT_IN_ROOM"];

/** What is known of a send that has no good answer yet. */
export class PendingSend {
  #mayBeStored = false;
  #code = "UNSENT";

  /** With which code it was refused; undefined where it may be stored all the same. */
  get refusal(): string | undefined {
    return this.#mayBeStored ? undefined : this.#code;
  }

  /** Whether there is no use in trying again after this. Whoever is told not to be in a room is about to join it. */
  isOver(outcome: Exclude<Outcome, { readonly kind: "ok" }>): boolean {
    if (outcome.kind !== "refused") {
      this.#mayBeStored = true;
      return false;
    }
    const { code, retryable } = outcome.refusal;
    this.#code = code;
    const isOver = !retryable && code !== "NOT_IN_ROOM";
    this.#mayBeStored ||= !isOver && !storedNothing.includes(code);
    return isOver;
  }
}
