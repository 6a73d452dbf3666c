import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Grant } from "../../chat/grant.ts";
import type { Principal, TokenVerifier } from "../../gateway/ports.ts";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import { isTokenClaims, type TokenClaims } from "../../protocol/token-claims.ts";
import { type KeySources, type VerificationKey, verificationKeys } from "./verification-keys.ts";

export interface TokenVerifierOptions {
  readonly keys: KeySources;
  /** Exact `iss`, where set. */
  readonly issuer?: string;
  /** Exact `aud`, where set. */
  readonly audience?: string;
  /** What tokens without a `rooms` claim allow. */
  readonly defaultGrants: readonly Grant[];
  readonly clock: Clock;
}

/** How far the issuer's clock may be ahead of ours, s. It counts for `nbf`; a token is over at its `exp` exactly. */
const skewSeconds = 30;
const compactForm = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;
/** A key id is looked up in a map and nowhere else; this keeps paths and queries out of logs as well. */
const keyIdForm = /^[A-Za-z0-9_.~=+-]{1,128}$/;
const unavailableRetryMs = 2_000;

/** @throws TypeError when a key can't be used or there is none */
export function createTokenVerifier(options: TokenVerifierOptions): TokenVerifier {
  const keys = verificationKeys(options.keys);
  if (keys.length === 0) throw new TypeError("no key to check tokens with");
  return {
    verify: async (token) => {
      const algorithm = algorithmOf(token);
      const fitting = keys.filter(({ algorithms }) => algorithms.has(algorithm));
      const payload = await firstVerified(fitting, token, verifyOptions(options, algorithm));
      return principal(payload, options);
    },
  };
}

function verifyOptions({ issuer, audience, clock }: TokenVerifierOptions, algorithm: string): JWTVerifyOptions {
  return {
    algorithms: [algorithm],
    clockTolerance: skewSeconds,
    currentDate: new Date(clock.now()),
    requiredClaims: ["exp", "sub"],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
}

/** Reads the header, which nobody has vouched for yet: it may choose among our keys and nothing else. */
function algorithmOf(token: string): string {
  if (token.length > limits.tokenLength || !compactForm.test(token)) throw unauthenticated("not a token");
  const { alg, kid, crit } = readHeader(token);
  if (crit !== undefined) throw unauthenticated("the token has critical extensions");
  if (kid !== undefined && !keyIdForm.test(kid)) throw unauthenticated("the token's key id has a wrong form");
  return alg ?? "none";
}

function readHeader(token: string): { alg?: string; kid?: string; crit?: unknown } {
  try {
    const { alg, kid, crit }: { alg?: unknown; kid?: unknown; crit?: unknown } = decodeProtectedHeader(token);
    if (typeof alg !== "string" || (kid !== undefined && typeof kid !== "string"))
      throw unauthenticated("wrong header");
    return { alg, ...(kid === undefined ? {} : { kid }), ...(crit === undefined ? {} : { crit }) };
  } catch (cause) {
    throw unauthenticated("the token has no readable header", cause);
  }
}

/** Tries the keys that fit in turn. A token that one of them signed is judged by its claims; the rest is not asked. */
async function firstVerified(
  keys: readonly VerificationKey[],
  token: string,
  options: JWTVerifyOptions,
): Promise<JWTPayload> {
  for (const { key } of keys) {
    const payload = await tryKey(token, key, options);
    if (payload !== undefined) return payload;
  }
  throw unauthenticated("no key of ours signed the token");
}

async function tryKey(
  token: string,
  key: VerificationKey["key"],
  options: JWTVerifyOptions,
): Promise<JWTPayload | undefined> {
  try {
    const { payload } = await jwtVerify(token, key, options);
    return payload;
  } catch (error) {
    if (error instanceof errors.JWKSMultipleMatchingKeys) return trySeveral(token, error, options);
    if (isOtherKey(error)) return undefined;
    throw refusal(error);
  }
}

/** A key set may hold several keys that fit a token without a key id. */
async function trySeveral(
  token: string,
  keys: errors.JWKSMultipleMatchingKeys,
  options: JWTVerifyOptions,
): Promise<JWTPayload | undefined> {
  for await (const key of keys) {
    try {
      const { payload } = await jwtVerify(token, key, options);
      return payload;
    } catch (error) {
      if (!isOtherKey(error)) throw refusal(error);
    }
  }
  return undefined;
}

function isOtherKey(error: unknown): boolean {
  return error instanceof errors.JWSSignatureVerificationFailed || error instanceof errors.JWKSNoMatchingKey;
}

/** Claims and forms are the token's fault; anything else is a key set that can't be fetched. */
function refusal(error: unknown): ChatError {
  if (error instanceof errors.JWTExpired) return expired(error);
  const claims = error instanceof errors.JWTClaimValidationFailed || error instanceof errors.JWTInvalid;
  const form = error instanceof errors.JWSInvalid || error instanceof errors.JOSEAlgNotAllowed;
  if (claims || form || error instanceof errors.JOSENotSupported) {
    return unauthenticated("the token's claims or form are refused", error);
  }
  return new ChatError("UNAVAILABLE", "the keys can't be fetched", { cause: error, retryAfterMs: unavailableRetryMs });
}

function principal(payload: unknown, { defaultGrants, clock }: TokenVerifierOptions): Principal {
  if (!isTokenClaims(payload)) throw unauthenticated("the token's claims have a wrong form");
  const expiresAt = Math.floor(payload.exp * 1_000);
  if (expiresAt <= clock.now()) throw expired();
  return { ...identity(payload), grants: payload.rooms ?? defaultGrants, admin: payload.admin === true, expiresAt };
}

function identity({ sub, name }: TokenClaims): { readonly id: string; readonly name?: string } {
  return name === undefined ? { id: sub } : { id: sub, name };
}

function expired(cause?: unknown): ChatError {
  return new ChatError("AUTH_EXPIRED", "the token is over", { cause });
}

function unauthenticated(message: string, cause?: unknown): ChatError {
  return new ChatError("UNAUTHENTICATED", message, { cause });
}
