import { ConfigError } from "../../config/index.ts";

interface RedisHost {
  readonly host: string;
  readonly port: number;
}

interface Access {
  readonly username?: string;
  readonly password?: string;
}

type Place =
  | { readonly kind: "standalone"; readonly at: RedisHost; readonly db: number; readonly tls: boolean }
  | { readonly kind: "sentinel"; readonly sentinels: readonly RedisHost[]; readonly name: string }
  | { readonly kind: "cluster"; readonly nodes: readonly RedisHost[] };

/** Where Redis is and how to get in, by the forms of `WEIR_REDIS_URL`. */
export type RedisUrl = Access & Place;

const form = /^(redis|rediss|redis\+sentinel|redis\+cluster):\/\/(?:([^@]*)@)?([^/@]+)(?:\/(.*))?$/;
const defaultPort = 6_379;
const defaultSentinelPort = 26_379;

/**
 * `redis://[user:password@]host[:port][/db]`, `rediss://` for the same over TLS,
 * `redis+sentinel://[user:password@]host[:port],…/name`, `redis+cluster://[user:password@]host[:port],…`.
 * Undefined when the text is none of them.
 */
export function parseRedisUrl(text: string): RedisUrl | undefined {
  const [, scheme = "", credentials, authority = "", path = ""] = form.exec(text) ?? [];
  const access = parseAccess(credentials);
  const place = parsePlace(scheme, authority, path);
  return access === undefined || place === undefined ? undefined : { ...place, ...access };
}

function parsePlace(scheme: string, authority: string, path: string): Place | undefined {
  const hosts = parseHosts(authority, scheme === "redis+sentinel" ? defaultSentinelPort : defaultPort);
  if (hosts === undefined) return undefined;
  if (scheme === "redis+sentinel") return path === "" ? undefined : { kind: "sentinel", sentinels: hosts, name: path };
  if (scheme === "redis+cluster") return path === "" ? { kind: "cluster", nodes: hosts } : undefined;
  const [at, ...others] = hosts;
  if (at === undefined || others.length > 0 || !/^\d{0,4}$/.test(path)) return undefined;
  return { kind: "standalone", at, db: Number(path), tls: scheme === "rediss" };
}

function parseAccess(credentials: string | undefined): Access | undefined {
  if (credentials === undefined) return {};
  const colon = credentials.indexOf(":");
  const [username, password] =
    colon === -1 ? ["", credentials] : [credentials.slice(0, colon), credentials.slice(colon + 1)];
  try {
    const name = username === "" ? {} : { username: decodeURIComponent(username) };
    return { ...name, password: decodeURIComponent(password) };
  } catch {
    return undefined;
  }
}

function parseHosts(authority: string, port: number): RedisHost[] | undefined {
  const hosts = authority.split(",").map((part) => parseHost(part.trim(), port));
  return hosts.every((host) => host !== undefined) ? hosts : undefined;
}

/** A name, an IPv4 address or an IPv6 address in brackets, with or without a port. */
function parseHost(text: string, fallback: number): RedisHost | undefined {
  const [, bracketed, plain, digits] = /^(?:\[([0-9a-fA-F:.]+)\]|([A-Za-z0-9_.-]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = digits === undefined ? fallback : Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}

/** Throws a ConfigError where the text is no URL of Redis. */
export function readRedisUrl(text: string): RedisUrl {
  const url = parseRedisUrl(text);
  if (url !== undefined) return url;
  throw new ConfigError(
    "WEIR_REDIS_URL is not valid; allowed: redis://[user:password@]host[:port][/db], rediss://… for the same over TLS",
  );
}
