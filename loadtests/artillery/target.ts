import { createTokenSigner } from "../../src/adapters/jose/token-signer.ts";
import { systemClock } from "../../src/kernel/clock.ts";

/** A running server. */
export interface Target {
  readonly url: string;
  token(sub: string): Promise<string>;
  /** The text of its `/metrics`. */
  metrics(): Promise<string>;
}

export interface TargetOptions {
  /** Where clients connect. */
  readonly url: string;
  /** Where `/metrics` is. */
  readonly opsUrl: string;
  /** The secret that signs tokens. */
  readonly secret: string;
}

export function createTarget({ url, opsUrl, secret }: TargetOptions): Target {
  const sign = createTokenSigner({ secret, clock: systemClock });
  const rooms = [{ room: "load:**", can: ["read", "write"] }] as const;
  return {
    url,
    token: (sub) => sign({ sub, rooms, expiresInMs: 3_600_000 }),
    metrics: async () => (await fetch(`${opsUrl}/metrics`)).text(),
  };
}
