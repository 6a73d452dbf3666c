import type { ClientClock } from "./client-clock.ts";
import type { TokenSource } from "./token-source.ts";

/** Tokens that live shorter than the server's notice would otherwise be renewed without a pause, ms. */
const pauseMs = 10_000;

/** Replaces the token of an open connection when the server says that its time is running out. */
export class TokenRenewal {
  readonly #clock: ClientClock;
  readonly #tokens: TokenSource;
  readonly #present: (token: string) => Promise<unknown>;
  #lastAt = Number.NEGATIVE_INFINITY;
  #cancel: () => void = () => undefined;

  /** @param present shows the new token to the server */
  constructor(clock: ClientClock, tokens: TokenSource, present: (token: string) => Promise<unknown>) {
    this.#clock = clock;
    this.#tokens = tokens;
    this.#present = present;
  }

  noticed(): void {
    const now = this.#clock.monotonic();
    this.#cancel();
    this.#cancel = this.#clock.schedule(Math.max(0, this.#lastAt + pauseMs - now), () => void this.#renew());
  }

  /** The connection is gone. */
  stop(): void {
    this.#cancel();
  }

  /** Where this fails, the server ends the connection in time, and the next one begins with a new token. */
  async #renew(): Promise<void> {
    this.#lastAt = this.#clock.monotonic();
    try {
      const token = await this.#tokens.renew();
      if (token !== undefined) await this.#present(token);
    } catch {
      this.#tokens.refused(true);
    }
  }
}
