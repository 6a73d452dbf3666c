import { createTokenSigner } from "../src/adapters/jose/token-signer.ts";
import { systemClock } from "../src/kernel/clock.ts";
import { testSecret, unlimited } from "../test/harness/deployment.ts";
import { WeirProcess } from "../test/harness/weir-process.ts";

const sign = createTokenSigner({ secret: testSecret, clock: systemClock });

/** A token for one user of a benchmark. */
export function benchToken(sub: string): Promise<string> {
  return sign({ sub, expiresInMs: 3_600_000 });
}

export interface Stores {
  readonly redisUrl: string;
  readonly mongodbUrl: string;
  /** What serves MongoDB's protocol. */
  readonly mongoKind: string;
}

/** A role with the limits out of the way; `env` has the last word. */
export function startWeir(
  role: "gateway" | "flusher",
  { redisUrl, mongodbUrl }: Stores,
  env: Readonly<Record<string, string>> = {},
): Promise<WeirProcess> {
  const roomy = {
    WEIR_ADMISSION_RATE: "1000000",
    WEIR_ADMISSION_BURST: "1000000",
    WEIR_BUFFER_MAX_MESSAGES: "10000000",
    WEIR_RATE_HISTORY: "1000000",
  };
  return WeirProcess.start({
    role,
    env: {
      ...unlimited,
      ...roomy,
      WEIR_LOG_LEVEL: "warn",
      WEIR_REDIS_URL: redisUrl,
      WEIR_MONGODB_URL: mongodbUrl,
      ...env,
    },
  });
}
