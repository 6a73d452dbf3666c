import { createTokenSigner } from "../adapters/jose/token-signer.ts";
import type { Grant } from "../chat/grant.ts";
import { ConfigError, compileSettings, type RawSettings, settingCatalogue } from "../config/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { parseDuration } from "../kernel/quantity.ts";
import { developmentSecret } from "./development-secret.ts";
import { optional } from "./optional.ts";

/** Flags as the command line gives them. */
export interface TokenFlags {
  readonly sub: string;
  readonly name?: string;
  readonly rooms?: string;
  readonly exp: string;
}

/** `weir token`: prints a token and nothing else, so that it can be used in a shell. */
export async function printToken(raw: RawSettings, flags: TokenFlags): Promise<void> {
  process.stdout.write(`${await signToken(raw, flags)}\n`);
}

/** Signs with the configured secret, or with the development secret of the data folder. */
export async function signToken(raw: RawSettings, flags: TokenFlags): Promise<string> {
  const settings = compileSettings(raw, "tool");
  const secret = settings.jwtSecret ?? developmentSecret(settings.dataDir);
  const expiresInMs = parseDuration(flags.exp);
  if (expiresInMs === undefined)
    throw new ConfigError(`--exp: ${JSON.stringify(flags.exp)} is not valid; allowed: a duration such as 1h`);
  const sign = createTokenSigner({
    secret,
    clock: systemClock,
    ...optional({ issuer: settings.jwtIssuer, audience: settings.jwtAudience }),
  });
  const rooms = flags.rooms === undefined ? undefined : parseRooms(flags.rooms);
  return sign({ sub: flags.sub, expiresInMs, ...optional({ name: flags.name, rooms }) });
}

/** `team:*=read,write;lobby=read` in the words of a grant. */
function parseRooms(text: string): readonly Grant[] {
  const pairs = text.split(";").map((part) => part.split("="));
  const json = JSON.stringify(Object.fromEntries(pairs.map(([room = "", can = ""]) => [room, can.split(",")])));
  const grants = settingCatalogue.defaultGrant.kind.parse(json);
  if (grants === undefined)
    throw new ConfigError(`--rooms: ${JSON.stringify(text)} is not valid; allowed: 'team:*=read,write;lobby=read'`);
  return grants;
}
