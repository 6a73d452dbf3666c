import type { Entry } from "../chat/entry.ts";
import type { Clock } from "../kernel/clock.ts";
import { sendAfter, type WindowRules } from "./batch-window.ts";

export interface RoomOutboxOptions {
  readonly rules: WindowRules;
  readonly clock: Clock;
  readonly sendEntries: (entries: readonly Entry[]) => void;
  readonly sendStored: (seq: number) => void;
}

/** Gathers what a room's members are to get, and sends it at the moments that `sendAfter` decides. Keeps the order. */
export class RoomOutbox {
  #entries: Entry[] = [];
  #chars = 0;
  #storedSeq = 0;
  #sentStoredSeq = 0;
  #lastSentAt: number | undefined;
  #cancel: (() => void) | undefined;
  readonly #options: RoomOutboxOptions;

  constructor(options: RoomOutboxOptions) {
    this.#options = options;
  }

  push(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#entries.push(entry);
      this.#chars += entry.text?.length ?? 0;
      this.#schedule();
    }
  }

  stored(seq: number): void {
    this.#storedSeq = Math.max(this.#storedSeq, seq);
    if (this.#storedSeq > this.#sentStoredSeq) this.#schedule();
  }

  /** Sends what there is now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const entries = this.#entries;
    const stored = this.#storedSeq;
    if (entries.length === 0 && stored <= this.#sentStoredSeq) return;
    this.#entries = [];
    this.#chars = 0;
    this.#lastSentAt = this.#options.clock.monotonic();
    if (entries.length > 0) this.#options.sendEntries(entries);
    if (stored > this.#sentStoredSeq) this.#options.sendStored(stored);
    this.#sentStoredSeq = stored;
  }

  #schedule(): void {
    const { rules, clock } = this.#options;
    const state = { entries: this.#entries.length, chars: this.#chars, lastSentAt: this.#lastSentAt };
    const wait = sendAfter(rules, state, clock.monotonic());
    if (wait === 0) return this.flush();
    this.#cancel ??= clock.schedule(wait, () => this.flush());
  }
}
