import { randomBytes } from "node:crypto";
import { Canary } from "../canary/canary.ts";
import { CanaryPass } from "../canary/pass.ts";
import { dialSocketIo } from "../client/socket-io-wire.ts";
import type { TokenVerifier } from "../gateway/ports.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Runtime } from "./runtime.ts";

/** What a gateway needs of its canary; without one, nothing is different. */
export interface CanaryParts {
  readonly services: readonly Service[];
  guard(verifier: TokenVerifier): TokenVerifier;
}

/** The end of the identity, which is unique; a user id has at most 128 characters. */
const identityLength = 100;

/** @param url where this process listens */
export function composeCanary(runtime: Runtime, url: () => string): CanaryParts {
  const { settings, identity, clock } = runtime;
  if (settings.canaryEvery === 0) return { services: [], guard: (verifier) => verifier };
  const user = `weir-canary_${identity.slice(-identityLength)}`;
  const pass = new CanaryPass({ user, clock, newSecret: () => randomBytes(32).toString("base64url") });
  const canary = new Canary({
    ...runtime,
    user,
    pass,
    url: () => reachable(url()),
    dial: dialSocketIo,
    everyMs: settings.canaryEvery,
  });
  return { services: [canary], guard: (verifier) => pass.guard(verifier) };
}

/** Who listens on every address is reached on the loopback one. */
function reachable(url: string): string {
  return url.replace("//0.0.0.0:", "//127.0.0.1:").replace("//[::]:", "//[::1]:");
}
