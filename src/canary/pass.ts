import { canaryRoom } from "../chat/room.ts";
import type { Principal, TokenVerifier } from "../gateway/ports.ts";
import type { Clock } from "../kernel/clock.ts";

export interface CanaryPassOptions {
  /** Who the canary is, among all gateways. */
  readonly user: string;
  /** A secret of at least 128 random bits, another one at each call. */
  readonly newSecret: () => string;
  readonly clock: Clock;
}

/** How long a connection of the canary may live, ms. It lives for about two rounds. */
const validMs = 3 * 3_600_000;

/**
 * How the canary comes in where tokens are checked with keys that this process can't sign with: a secret of the moment, known to nobody
 * outside, which is taken once and opens one room. Only the newest one is taken.
 */
export class CanaryPass {
  readonly #options: CanaryPassOptions;
  #secret: string | undefined;

  constructor(options: CanaryPassOptions) {
    this.#options = options;
  }

  issue(): string {
    this.#secret = this.#options.newSecret();
    return this.#secret;
  }

  /** Takes the secret; asks `verifier` about everything else. */
  guard(verifier: TokenVerifier): TokenVerifier {
    return { verify: async (token) => this.#redeem(token) ?? (await verifier.verify(token)) };
  }

  #redeem(token: string): Principal | undefined {
    if (this.#secret === undefined || token !== this.#secret) return undefined;
    this.#secret = undefined;
    const { user, clock } = this.#options;
    const grants = [{ room: canaryRoom, can: ["read", "write"] }] as const;
    return { id: user, grants, admin: false, expiresAt: clock.now() + validMs, canary: true };
  }
}
