import { createTokenVerifier } from "../adapters/jose/token-verifier.ts";
import { type KeySources, verificationKeys } from "../adapters/jose/verification-keys.ts";
import type { SettingName, Settings } from "../config/index.ts";
import type { TokenVerifier } from "../gateway/ports.ts";
import { judged } from "./judged.ts";
import { optional } from "./optional.ts";
import type { Runtime } from "./runtime.ts";

/** Takes the tokens that the settings say. @throws ConfigError where a key can't be used */
export function tokenVerifier({
  settings,
  clock,
  metrics,
}: Pick<Runtime, "settings" | "clock" | "metrics">): TokenVerifier {
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
    clock,
    ...optional({ issuer: jwtIssuer, audience: jwtAudience }),
  });
}

/** One by one, so that a fault is told with the name of its setting. */
function judgeEach({ jwtSecret, jwtSecretPrevious, jwtPublicKey }: Settings): void {
  const judge = (name: SettingName, key: KeySources): unknown => judged(name, () => verificationKeys(key));
  if (jwtSecret !== undefined) judge("jwtSecret", { secrets: [jwtSecret] });
  if (jwtSecretPrevious !== undefined) judge("jwtSecretPrevious", { secrets: [jwtSecretPrevious] });
  if (jwtPublicKey !== undefined) judge("jwtPublicKey", { publicKeys: [jwtPublicKey] });
}
