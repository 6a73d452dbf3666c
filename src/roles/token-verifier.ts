import type { KeySetOptions } from "../adapters/jose/key-set.ts";
import { createTokenVerifier } from "../adapters/jose/token-verifier.ts";
import { type KeySources, verificationKeys } from "../adapters/jose/verification-keys.ts";
import type { SettingName, Settings } from "../config/index.ts";
import type { TokenVerifier } from "../gateway/ports.ts";
import { maskUrl } from "../kernel/mask-urls.ts";
import type { OptionalClaim } from "../protocol/token-claims.ts";
import { judged } from "./judged.ts";
import { optional } from "./optional.ts";
import type { Runtime } from "./runtime.ts";

type VerifierParts = Pick<Runtime, "settings" | "clock" | "random" | "metrics" | "logger">;

/** Takes the tokens that the settings say. @throws ConfigError where a key can't be used */
export function tokenVerifier({ settings, clock, random, metrics, logger }: VerifierParts): TokenVerifier {
  const {
    jwtSecret,
    jwtSecretPrevious,
    jwtPublicKey,
    jwtIssuer,
    jwtAudience,
    jwtType,
    tokenMaxLifetime,
    defaultGrant,
  } = settings;
  judgeEach(settings);
  return createTokenVerifier({
    keys: {
      secrets: [jwtSecret, jwtSecretPrevious].filter((secret) => secret !== undefined),
      publicKeys: jwtPublicKey === undefined ? [] : [jwtPublicKey],
      ...optional({ keySet: keySetOf({ settings, clock, random, metrics }) }),
    },
    defaultGrants: defaultGrant,
    maxLifetimeMs: tokenMaxLifetime,
    onTooLong: () => metrics.count("weir_cap_reached_total", { cap: "token_lifetime" }),
    onIgnored: countIgnored({ metrics, logger }),
    clock,
    ...optional({ issuer: jwtIssuer, audience: jwtAudience, type: jwtType }),
  });
}

/** Says at the start how tokens of others may get in with these keys. */
export function warnOfKeys(given: Pick<VerifierParts, "settings" | "logger">): void {
  warnOfSharedKeys(given);
  warnOfPlainKeySet(given);
}

function warnOfPlainKeySet({ settings: { jwksUrl }, logger }: Pick<VerifierParts, "settings" | "logger">): void {
  if (jwksUrl === undefined) return;
  const { protocol, hostname } = new URL(jwksUrl);
  if (protocol === "https:" || /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)) return;
  logger.warn(
    { url: maskUrl(jwksUrl) },
    "WEIR_JWKS_URL is plain http: anyone on the way can put keys of their own in its place; use https",
  );
}

/** Says that nothing tells tokens for Weir from those that the same keys sign for other applications. */
function warnOfSharedKeys({ settings, logger }: Pick<VerifierParts, "settings" | "logger">): void {
  const { jwtSecret, jwtPublicKey, jwksUrl, jwtAudience } = settings;
  const given = { WEIR_JWT_SECRET: jwtSecret, WEIR_JWT_PUBLIC_KEY: jwtPublicKey, WEIR_JWKS_URL: jwksUrl };
  const keys = Object.entries(given).flatMap(([name, key]) => (key === undefined ? [] : [name]));
  if (jwtAudience !== undefined || keys.length === 0) return;
  logger.warn(
    { keys },
    "WEIR_JWT_AUDIENCE is not set: tokens that these keys sign for other applications are taken too",
  );
}

function keySetOf({ settings, clock, random, metrics }: Omit<VerifierParts, "logger">): KeySetOptions | undefined {
  const { jwksUrl: url, jwksStaleIfError: staleIfErrorMs } = settings;
  if (url === undefined) return undefined;
  return {
    url,
    staleIfErrorMs,
    clock,
    random,
    onFetch: (result) => metrics.count("weir_key_set_fetches_total", { result }),
    onStale: () => metrics.count("weir_key_set_stale_tokens_total", {}),
  };
}

/** Counts each claim that is left out, and logs the first of each name. */
function countIgnored({ metrics, logger }: Pick<VerifierParts, "metrics" | "logger">): (claim: OptionalClaim) => void {
  const logged = new Set<OptionalClaim>();
  return (claim) => {
    metrics.count("weir_token_claims_ignored_total", { claim });
    if (logged.has(claim)) return;
    logged.add(claim);
    logger.warn({ claim }, "a token's claim has a wrong form and is ignored; further ones are only counted");
  };
}

/** One by one, so that a fault is told with the name of its setting. */
function judgeEach({ jwtSecret, jwtSecretPrevious, jwtPublicKey }: Settings): void {
  const judge = (name: SettingName, key: KeySources): unknown => judged(name, () => verificationKeys(key));
  if (jwtSecret !== undefined) judge("jwtSecret", { secrets: [jwtSecret] });
  if (jwtSecretPrevious !== undefined) judge("jwtSecretPrevious", { secrets: [jwtSecretPrevious] });
  if (jwtPublicKey !== undefined) judge("jwtPublicKey", { publicKeys: [jwtPublicKey] });
}
