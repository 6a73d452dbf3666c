import { createRemoteJWKSet, errors, type JWTVerifyGetKey } from "jose";
import type { Clock } from "../../kernel/clock.ts";

export interface KeySetOptions {
  readonly url: string;
  /** How long the keys of the last good fetch are used while later fetches fail, ms. Counted from that fetch. */
  readonly staleIfErrorMs: number;
  readonly clock: Clock;
  /** Called after each fetch. */
  readonly onFetch?: (result: "ok" | "failed") => void;
  /** Called for each token that is checked with overdue keys. */
  readonly onStale?: () => void;
}

const fetchTimeoutMs = 3_000;
/** Keys are fetched again after this time, so that a key that its issuer took away is forgotten. */
const keySetMaxAgeMs = 600_000;
/** Unknown key ids cause at most one fetch in this time, so that forged ids can't flood the issuer. */
const fetchCooldownMs = 30_000;
/** After a failed fetch without usable keys the next one follows sooner, because every token is refused meanwhile. */
const fetchCooldownWithoutKeysMs = 2_000;

/** The public keys of an issuer, by key id. While they can't be fetched, known keys stay in use for a bounded time. */
class KeySet {
  readonly #options: KeySetOptions;
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  /** Monotonic ms. */
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failure: { readonly at: number; readonly error: unknown } | undefined;
  #pending: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
    // The age is judged here: by itself the library forgets its keys before it asks for new ones.
    const byOurs = { cacheMaxAge: Number.POSITIVE_INFINITY, cooldownDuration: Number.POSITIVE_INFINITY };
    this.#remote = createRemoteJWKSet(new URL(options.url), { timeoutDuration: fetchTimeoutMs, ...byOurs });
  }

  readonly find: JWTVerifyGetKey = async (header, token) => {
    await this.#refresh();
    try {
      return await this.#remote(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || this.#age < fetchCooldownMs) throw error;
      await this.#fetch();
      return this.#remote(header, token);
    }
  };

  get #age(): number {
    return this.#options.clock.monotonic() - this.#fetchedAt;
  }

  /** @throws what the fetch failed with, where no keys may be used any more */
  async #refresh(): Promise<void> {
    if (this.#age < keySetMaxAgeMs) return;
    try {
      await this.#fetch();
    } catch (error) {
      if (this.#isForgotten) throw error;
      this.#options.onStale?.();
    }
  }

  get #isForgotten(): boolean {
    return this.#age >= Math.max(keySetMaxAgeMs, this.#options.staleIfErrorMs);
  }

  /** Callers share a fetch. For a while after a failure they share the failure. */
  #fetch(): Promise<void> {
    const { clock } = this.#options;
    const cooldownMs = this.#isForgotten ? fetchCooldownWithoutKeysMs : fetchCooldownMs;
    if (this.#failure !== undefined && clock.monotonic() - this.#failure.at < cooldownMs) {
      return Promise.reject(this.#failure.error);
    }
    this.#pending ??= this.#reload().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  async #reload(): Promise<void> {
    const { clock, onFetch } = this.#options;
    try {
      await this.#remote.reload();
      this.#fetchedAt = clock.monotonic();
      this.#failure = undefined;
      onFetch?.("ok");
    } catch (error) {
      this.#failure = { at: clock.monotonic(), error };
      onFetch?.("failed");
      throw error;
    }
  }
}

/** @returns the look-up of a key for `jwtVerify` */
export function createKeySet(options: KeySetOptions): JWTVerifyGetKey {
  return new KeySet(options).find;
}
