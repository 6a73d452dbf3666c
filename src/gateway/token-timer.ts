import type { Clock } from "../kernel/clock.ts";
import { clockSkewMs } from "../protocol/token-claims.ts";

/** Timers of Node hold 31 bits of milliseconds; a longer wait is made of several. */
const longestWaitMs = 2_000_000_000;

export interface TokenTimerOptions {
  readonly clock: Clock;
  /** How long before the end the notice is given, ms. */
  readonly noticeMs: number;
  readonly onNotice: (expiresAt: number) => void;
  readonly onExpiry: () => void;
}

/** Calls back before a token ends, and when no clock that the skew allows can take it for valid any more. Arming it again replaces the old times. */
export class TokenTimer {
  #cancelNotice = (): void => {};
  #cancelExpiry = (): void => {};
  readonly #options: TokenTimerOptions;

  constructor(options: TokenTimerOptions) {
    this.#options = options;
  }

  /** @param expiresAt the token's `exp`, Unix ms */
  arm(expiresAt: number): void {
    this.cancel();
    const { noticeMs, onNotice, onExpiry } = this.#options;
    this.#at(
      expiresAt - noticeMs,
      () => onNotice(expiresAt),
      (cancel) => (this.#cancelNotice = cancel),
    );
    this.#at(expiresAt + clockSkewMs, onExpiry, (cancel) => (this.#cancelExpiry = cancel));
  }

  cancel(): void {
    this.#cancelNotice();
    this.#cancelExpiry();
  }

  #at(time: number, ring: () => void, keep: (cancel: () => void) => void): void {
    const wait = Math.max(0, time - this.#options.clock.now());
    const next = wait > longestWaitMs ? () => this.#at(time, ring, keep) : ring;
    keep(this.#options.clock.schedule(Math.min(wait, longestWaitMs), next));
  }
}
