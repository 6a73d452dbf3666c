import type { Entry } from "../chat/entry.ts";
import { eraseSuperseded } from "../chat/erase.ts";
import type { Clock } from "../kernel/clock.ts";
import { isFull, sendAfter, type WindowRules, type WindowState, windowFor } from "./batch-window.ts";

export interface RoomOutboxOptions {
  readonly rules: WindowRules;
  readonly clock: Clock;
  /** How late the event loop is, ms. */
  readonly loopDelayMs: () => number;
  /** @param windowMs the window that the load called for */
  readonly sendEntries: (entries: readonly Entry[], windowMs: number) => void;
}

/** How much of the newest frame's time goes into the mean. */
const newest = 0.25;

/**
 * Gathers what a room's members are to get, and sends it at the moments that `sendAfter` decides. Keeps the order. A text that was superseded
 * before it was sent is not sent.
 */
export class RoomOutbox {
  #entries: Entry[] = [];
  #chars = 0;
  #lastSentAt: number | undefined;
  #frameMs = 0;
  #cancel: (() => void) | undefined;
  readonly #options: RoomOutboxOptions;

  constructor(options: RoomOutboxOptions) {
    this.#options = options;
  }

  push(entries: readonly Entry[]): void {
    for (const entry of eraseSuperseded(entries)) {
      this.#entries.push(entry);
      this.#chars += entry.text?.length ?? 0;
      if (isFull(this.#options.rules, this.#state())) this.flush();
    }
    if (this.#entries.length > 0) this.#schedule();
  }

  /** Sends what there is now. */
  flush(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const entries = eraseSuperseded(this.#entries);
    if (entries.length === 0) return;
    this.#entries = [];
    this.#chars = 0;
    this.#lastSentAt = this.#options.clock.monotonic();
    this.#send(entries, this.#lastSentAt);
  }

  #send(entries: readonly Entry[], from: number): void {
    const { clock, sendEntries } = this.#options;
    sendEntries(entries, this.#window());
    this.#frameMs += newest * (clock.monotonic() - from - this.#frameMs);
  }

  #window(): number {
    return windowFor(this.#options.rules, { frameMs: this.#frameMs, loopDelayMs: this.#options.loopDelayMs() });
  }

  #state(): WindowState {
    return { entries: this.#entries.length, chars: this.#chars, lastSentAt: this.#lastSentAt };
  }

  #schedule(): void {
    if (this.#cancel !== undefined) return;
    const { rules, clock } = this.#options;
    const wait = sendAfter(rules, this.#state(), this.#window(), clock.monotonic());
    this.#cancel = wait === 0 ? endOfTurn(() => this.flush()) : clock.schedule(wait, () => this.flush());
  }
}

/** Runs it after what runs now: messages that were read from the network together go out together, and none waits for that. */
function endOfTurn(run: () => void): () => void {
  let wanted = true;
  queueMicrotask(() => wanted && run());
  return () => void (wanted = false);
}
