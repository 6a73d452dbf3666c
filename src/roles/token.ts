import { resolve } from "node:path";
import type { Grant } from "../chat/grant.ts";
import { compileSettings, type RawSettings, settingCatalogue } from "../config/index.ts";
import { systemClock } from "../kernel/clock.ts";
import { parseDuration } from "../kernel/quantity.ts";
import { limits } from "../protocol/limits.ts";
import { isTokenClaims } from "../protocol/token-claims.ts";
import { flagFault } from "./flag-fault.ts";
import { optional } from "./optional.ts";
import { tokenSigner } from "./token-signer.ts";
import { tellOfFlags } from "./visible-secrets.ts";

/** Flags as the command line gives them. */
export interface TokenFlags {
  readonly sub: string;
  readonly name?: string;
  readonly rooms?: string;
  readonly exp: string;
}

/** `weir token`: prints the token alone to standard output, so that it can be used in a shell, and whose secret signed it to standard error. */
export async function printToken(raw: RawSettings, flags: TokenFlags): Promise<void> {
  const token = await signToken(raw, flags);
  tellOfFlags(raw);
  const { jwtSecret, dataDir } = compileSettings(raw, "tool");
  if (jwtSecret === undefined) process.stderr.write(`signed with the secret of the data folder ${resolve(dataDir)}\n`);
  process.stdout.write(`${token}\n`);
}

const allowed = {
  id: `1 to ${limits.userIdLength} characters`,
  rooms: "'team:*=read,write;lobby=read'",
  exp: "a duration such as 1h",
} as const;

/** Signs with the configured secret, or with the development secret of the data folder. @throws ConfigError for what a gateway would refuse */
export async function signToken(raw: RawSettings, flags: TokenFlags): Promise<string> {
  const { sub, name } = flags;
  const settings = compileSettings(raw, "tool");
  if (!isTokenClaims({ ...plain, sub })) throw flagFault("--sub", sub, allowed.id);
  if (name !== undefined && !isTokenClaims({ ...plain, name })) throw flagFault("--name", name, allowed.id);
  const rooms = flags.rooms === undefined ? undefined : parseRooms(flags.rooms);
  const expiresInMs = parseExpiry(flags.exp, settings.tokenMaxLifetime);
  return tokenSigner(settings)({ sub, expiresInMs, ...optional({ name, rooms }) });
}

/** Claims that are fine, to judge one more beside them. */
const plain = { sub: "-", exp: 1 } as const;

function parseExpiry(text: string, maxMs: number): number {
  const ms = parseDuration(text);
  if (ms === undefined || !isTokenClaims({ ...plain, exp: (systemClock.now() + ms) / 1_000 }))
    throw flagFault("--exp", text, allowed.exp);
  if (ms > maxMs) throw flagFault("--exp", text, `at most ${maxMs / 1_000}s, which is WEIR_TOKEN_MAX_LIFETIME`);
  return ms;
}

/** `team:*=read,write;lobby=read` in the words of a grant. */
function parseRooms(text: string): readonly Grant[] {
  const pairs = text.split(";").map((part) => part.split("="));
  const json = JSON.stringify(Object.fromEntries(pairs.map(([room = "", can = ""]) => [room, can.split(",")])));
  const rooms = settingCatalogue.defaultGrant.kind.parse(json);
  if (rooms === undefined || !isTokenClaims({ ...plain, rooms })) throw flagFault("--rooms", text, allowed.rooms);
  return rooms;
}
