import { ChatError } from "../../protocol/errors.ts";

/** Told to a sender whose append was refused because the buffer is full, ms. */
const retryAfterMs = 1_000;

/** Part of the high watermark at which a full buffer opens again, so that it does not flutter. */
const reopenAt = 0.8;

/** Counts one partition's buffer and refuses while it is full. */
export class Watermark {
  readonly #high: number;
  #entries: number;
  #full = false;

  constructor(high: number, entries: number) {
    this.#high = high;
    this.#entries = entries;
  }

  get entries(): number {
    return this.#entries;
  }

  set entries(entries: number) {
    this.#entries = entries;
  }

  /** @throws ChatError OVERLOADED, with a time, while the buffer is full */
  check(): void {
    const limit = this.#full ? Math.floor(this.#high * reopenAt) + 1 : this.#high;
    this.#full = this.#entries >= limit;
    if (this.#full) throw new ChatError("OVERLOADED", "the buffer is full", { retryAfterMs });
  }
}
