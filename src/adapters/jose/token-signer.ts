import { SignJWT } from "jose";
import type { Grant } from "../../chat/grant.ts";
import type { Clock } from "../../kernel/clock.ts";
import { secretBytes } from "./verification-keys.ts";

export interface TokenSignerOptions {
  /** Shared secret, at least 32 bytes. */
  readonly secret: string;
  readonly issuer?: string;
  readonly audience?: string;
  /** The header's `typ`; without it: `JWT`. */
  readonly type?: string;
  readonly clock: Clock;
}

/** What a new token is to say. */
export interface TokenRequest {
  readonly sub: string;
  readonly name?: string;
  /** Without it the deployment's default counts. */
  readonly rooms?: readonly Grant[];
  readonly admin?: boolean;
  readonly expiresInMs: number;
}

export type TokenSigner = (request: TokenRequest) => Promise<string>;

/** Signs tokens with the shared secret (HS256): for the command line and the demo page. @throws TypeError for a weak secret */
export function createTokenSigner({ secret, issuer, audience, type = "JWT", clock }: TokenSignerOptions): TokenSigner {
  const key = secretBytes(secret);
  return ({ sub, name, rooms, admin, expiresInMs }) => {
    const now = Math.floor(clock.now() / 1_000);
    const token = new SignJWT({ ...(name && { name }), ...(rooms && { rooms }), ...(admin && { admin }) })
      .setProtectedHeader({ alg: "HS256", typ: type })
      .setSubject(sub)
      .setIssuedAt(now)
      .setExpirationTime(now + Math.max(1, Math.ceil(expiresInMs / 1_000)));
    if (issuer !== undefined) token.setIssuer(issuer);
    if (audience !== undefined) token.setAudience(audience);
    return token.sign(key);
  };
}
