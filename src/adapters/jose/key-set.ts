import { createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey } from "jose";
import { type Backoff, backoffDelay } from "../../kernel/backoff.ts";
import type { Clock } from "../../kernel/clock.ts";
import { boundedFetch } from "./bounded-fetch.ts";

export interface KeySetOptions {
  readonly url: string;
  /** How long the keys of the last good fetch are used while later fetches fail, ms. Counted from that fetch. */
  readonly staleIfErrorMs: number;
  readonly clock: Clock;
  /** Numbers in [0, 1): they spread the fetches of many gateways after a failure. */
  readonly random: () => number;
  /** Called after each fetch. */
  readonly onFetch?: (result: "ok" | "failed") => void;
  /** Called for each token that is checked with overdue keys. */
  readonly onStale?: () => void;
}

const fetchTimeoutMs = 3_000;
/** Bytes of a key set, after decompression. An RSA key takes about 500. */
const keySetMaxBytes = 1_048_576;
/** Keys are fetched again after this time, so that a key that its issuer took away is forgotten. */
const keySetMaxAgeMs = 600_000;
/** Unknown key ids cause at most one fetch in this time, so that forged ids can't flood the issuer. */
const fetchCooldownMs = 30_000;
/** Pauses after failed fetches while known keys are in use. */
const pauseWithKeys: Backoff = { baseMs: fetchCooldownMs, maxMs: 300_000 };
/** Pauses after failed fetches without usable keys: shorter, because every token is refused meanwhile. */
const pauseWithoutKeys: Backoff = { baseMs: 2_000, maxMs: 30_000 };

/** The last failed fetch. */
interface Failure {
  /** Monotonic ms. */
  readonly at: number;
  /** Failed fetches since the last good one, this one left out. */
  readonly earlier: number;
  /** In [0, 1). */
  readonly random: number;
  readonly error: unknown;
}

/** The public keys of an issuer, by key id. While they can't be fetched, known keys stay in use for a bounded time. */
class KeySet {
  readonly #options: KeySetOptions;
  readonly #remote: ReturnType<typeof createRemoteJWKSet>;
  /** Monotonic ms. */
  #fetchedAt = Number.NEGATIVE_INFINITY;
  #failure: Failure | undefined;
  #pending: Promise<void> | undefined;

  constructor(options: KeySetOptions) {
    this.#options = options;
    // The age is judged here: by itself the library forgets its keys before it asks for new ones.
    const byOurs = { cacheMaxAge: Number.POSITIVE_INFINITY, cooldownDuration: Number.POSITIVE_INFINITY };
    const fetching = { timeoutDuration: fetchTimeoutMs, [customFetch]: boundedFetch(keySetMaxBytes) };
    this.#remote = createRemoteJWKSet(new URL(options.url), { ...fetching, ...byOurs });
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

  /** Callers share a fetch. After a failure they share the failure, for a pause that grows with each further one. */
  #fetch(): Promise<void> {
    if (this.#failure !== undefined && this.#isPaused(this.#failure)) return Promise.reject(this.#failure.error);
    this.#pending ??= this.#reload().finally(() => (this.#pending = undefined));
    return this.#pending;
  }

  #isPaused({ at, earlier, random }: Failure): boolean {
    const pause = this.#isForgotten ? pauseWithoutKeys : pauseWithKeys;
    return this.#options.clock.monotonic() - at < backoffDelay(pause, earlier, random);
  }

  async #reload(): Promise<void> {
    const { clock, random, onFetch } = this.#options;
    try {
      await this.#remote.reload();
      this.#fetchedAt = clock.monotonic();
      this.#failure = undefined;
      onFetch?.("ok");
    } catch (error) {
      const earlier = this.#failure === undefined ? 0 : this.#failure.earlier + 1;
      this.#failure = { at: clock.monotonic(), earlier, random: random(), error };
      onFetch?.("failed");
      throw error;
    }
  }
}

/** @returns the look-up of a key for `jwtVerify` */
export function createKeySet(options: KeySetOptions): JWTVerifyGetKey {
  return new KeySet(options).find;
}
