import { createTokenSigner, type TokenSigner } from "../adapters/jose/token-signer.ts";
import type { Settings } from "../config/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { existingDevelopmentSecret } from "./development-secret.ts";
import { judged } from "./judged.ts";
import { optional } from "./optional.ts";

/** Signs tokens that a gateway with these settings takes, with the development secret of the data folder where none is set. @throws ConfigError where there is none either */
export function tokenSigner({ jwtSecret, jwtIssuer, jwtAudience, jwtType, dataDir }: Settings): TokenSigner {
  const secret = jwtSecret ?? existingDevelopmentSecret(dataDir);
  const named = optional({ issuer: jwtIssuer, audience: jwtAudience, type: jwtType });
  return judged("jwtSecret", () => createTokenSigner({ secret, clock: systemClock, ...named }));
}
