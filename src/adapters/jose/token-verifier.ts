import { decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from "jose";
import type { Grant } from "../../chat/grant.ts";
import type { Principal, TokenVerifier } from "../../gateway/ports.ts";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError } from "../../protocol/errors.ts";
import { limits } from "../../protocol/limits.ts";
import { clockSkewMs, type OptionalClaim, readClaims } from "../../protocol/token-claims.ts";
import { isTakenType } from "./token-type.ts";
import { type KeySources, type VerificationKey, verificationKeys } from "./verification-keys.ts";

export interface TokenVerifierOptions {
  readonly keys: KeySources;
  /** Exact `iss`, where set. */
  readonly issuer?: string;
  /** Exact `aud`, where set. */
  readonly audience?: string;
  /** The only `typ` that is taken. Without it, a token has no `typ`, `JWT` or `at+jwt`. */
  readonly type?: string;
  /** Longest time from `iat`, or from now where a token has no `iat`, to `exp`, ms. Without it there is no limit. */
  readonly maxLifetimeMs?: number;
  /** Called for each token that is refused because it lasts longer than that. */
  readonly onTooLong?: () => void;
  /** What tokens without a `rooms` claim allow. */
  readonly defaultGrants: readonly Grant[];
  /** Called for each claim of a token that is left out, because its form is not ours. */
  readonly onIgnored?: (claim: OptionalClaim) => void;
  readonly clock: Clock;
}

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
      const algorithm = algorithmOf(token, options.type);
      const fitting = keys.filter(({ algorithms }) => algorithms.has(algorithm));
      const payload = await firstVerified(fitting, token, verifyOptions(options, algorithm));
      return principal(payload, options);
    },
  };
}

function verifyOptions({ issuer, audience, clock }: TokenVerifierOptions, algorithm: string): JWTVerifyOptions {
  return {
    algorithms: [algorithm],
    clockTolerance: clockSkewMs / 1_000,
    currentDate: new Date(clock.now()),
    requiredClaims: ["exp", "sub"],
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
}

/** Reads the header, which nobody has vouched for yet: it may choose among our keys and nothing else. */
function algorithmOf(token: string, type: string | undefined): string {
  if (token.length > limits.tokenLength || !compactForm.test(token)) throw unauthenticated("not a token");
  const { alg, kid, crit, typ } = readHeader(token);
  if (!isTakenType(typ, type)) throw unauthenticated("the token's typ is refused");
  if (crit !== undefined) throw unauthenticated("the token has critical extensions");
  if (kid !== undefined && !keyIdForm.test(kid)) throw unauthenticated("the token's key id has a wrong form");
  return alg;
}

interface Header {
  readonly alg: string;
  readonly kid?: string;
  readonly crit?: unknown;
  readonly typ?: unknown;
}

function readHeader(token: string): Header {
  try {
    const { alg, kid, crit, typ }: { readonly [N in keyof Header]?: unknown } = decodeProtectedHeader(token);
    if (typeof alg !== "string" || (kid !== undefined && typeof kid !== "string"))
      throw unauthenticated("wrong header");
    return { alg, crit, typ, ...(kid === undefined ? {} : { kid }) };
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
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.reason === "missing" ? missingClaim(error) : wrongClaim(error.claim, error);
  }
  const form = [errors.JWTInvalid, errors.JWSInvalid, errors.JOSEAlgNotAllowed, errors.JOSENotSupported];
  if (form.some((kind) => error instanceof kind)) return unauthenticated("the token's form is refused", error);
  return new ChatError("UNAVAILABLE", "the keys can't be fetched", { cause: error, retryAfterMs: unavailableRetryMs });
}

function principal(payload: JWTPayload, options: TokenVerifierOptions): Principal {
  const { defaultGrants, onIgnored, clock } = options;
  const read = readClaims(payload);
  if ("wrong" in read) throw wrongClaim(read.wrong);
  const { sub, name, exp, rooms = defaultGrants, admin = false } = read.claims;
  const expiresAt = Math.floor(exp * 1_000);
  const issuedAt = payload.iat === undefined ? undefined : payload.iat * 1_000;
  checkTimes({ issuedAt, expiresAt, now: clock.now() }, options);
  for (const claim of read.ignored) onIgnored?.(claim);
  const optional = { ...(name === undefined ? {} : { name }), ...(issuedAt === undefined ? {} : { issuedAt }) };
  return { id: sub, ...optional, grants: rooms, admin, expiresAt };
}

/** Unix ms. */
interface Times {
  readonly issuedAt: number | undefined;
  readonly expiresAt: number;
  readonly now: number;
}

function checkTimes(
  { issuedAt, expiresAt, now }: Times,
  { maxLifetimeMs = Infinity, onTooLong }: TokenVerifierOptions,
): void {
  if (expiresAt + clockSkewMs <= now) throw expired();
  if (issuedAt !== undefined && issuedAt > now + clockSkewMs) throw wrongClaim("iat");
  const lifetimeMs = issuedAt === undefined ? expiresAt - now - clockSkewMs : expiresAt - issuedAt;
  if (lifetimeMs <= maxLifetimeMs) return;
  onTooLong?.();
  throw unauthenticated(`the token lasts longer than ${Math.floor(maxLifetimeMs / 1_000)} s`);
}

/** The signature is ours by then, so the claim's name goes to nobody who could not read the token. */
function wrongClaim(claim: string, cause?: unknown): ChatError {
  return unauthenticated(`the token's claim ${claim} is refused`, cause);
}

function missingClaim(cause: errors.JWTClaimValidationFailed): ChatError {
  return unauthenticated(`the token has no claim ${cause.claim}`, cause);
}

function expired(cause?: unknown): ChatError {
  return new ChatError("AUTH_EXPIRED", "the token is over", { cause });
}

function unauthenticated(message: string, cause?: unknown): ChatError {
  return new ChatError("UNAUTHENTICATED", message, { cause });
}
