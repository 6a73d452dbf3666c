import { createTokenVerifier } from "../adapters/jose/token-verifier.ts";
import { type KeySources, verificationKeys } from "../adapters/jose/verification-keys.ts";
import type { SettingName, Settings } from "../config/index.ts";
import type { TokenVerifier } from "../gateway/ports.ts";
import type { OptionalClaim } from "../protocol/token-claims.ts";
import { judged } from "./judged.ts";
import { optional } from "./optional.ts";
import type { Runtime } from "./runtime.ts";

type VerifierParts = Pick<Runtime, "settings" | "clock" | "metrics" | "logger">;

/** Takes the tokens that the settings say. @throws ConfigError where a key can't be used */
export function tokenVerifier({ settings, clock, metrics, logger }: VerifierParts): TokenVerifier {
  const { jwtSecret, jwtSecretPrevious, jwtPublicKey, jwksUrl, jwtIssuer, jwtAudience, defaultGrant } = settings;
  judgeEach(settings);
  return createTokenVerifier({
    keys: {
      secrets: [jwtSecret, jwtSecretPrevious].filter((secret) => secret !== undefined),
      publicKeys: jwtPublicKey === undefined ? [] : [jwtPublicKey],
      ...optional({ jwksUrl }),
      onFetch: (result) => metrics.count("weir_key_set_fetches_total", { result }),
    },
    defaultGrants: defaultGrant,
    onIgnored: countIgnored({ metrics, logger }),
    clock,
    ...optional({ issuer: jwtIssuer, audience: jwtAudience }),
  });
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
