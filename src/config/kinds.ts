import { isIP } from "node:net";
import type { Grant } from "../chat/grant.ts";
import { isRoomPattern } from "../chat/room-policy-pattern.ts";
import { parseJson } from "../kernel/parse-json.ts";
import { parseDuration, parseSize } from "../kernel/quantity.ts";

/** How one kind of setting is read. `parse` returns undefined for text that is not of the kind. */
export interface Kind<T> {
  readonly parse: (text: string) => T | undefined;
  /** Completes "allowed: …" for people. */
  readonly allowed: string;
  /** What is wrong with text that is not of the kind; without it the text itself is shown. */
  readonly fault?: (text: string) => string | undefined;
}

function within(min: number, max: number, value: number | undefined): number | undefined {
  return value !== undefined && value >= min && value <= max ? value : undefined;
}

export function integer(min: number, max: number): Kind<number> {
  return {
    parse: (text) => (/^\d{1,15}$/.test(text) ? within(min, max, Number(text)) : undefined),
    allowed: `a whole number from ${min} to ${max}`,
  };
}

export function duration(minMs: number, maxMs: number): Kind<number> {
  return {
    parse: (text) => within(minMs, maxMs, parseDuration(text)),
    allowed: `a duration such as 500ms, 10s or 5m, from ${minMs}ms to ${maxMs}ms`,
  };
}

export function size(minBytes: number, maxBytes: number): Kind<number> {
  return {
    parse: (text) => within(minBytes, maxBytes, parseSize(text)),
    allowed: `a size such as 64KiB or 4MiB, from ${minBytes}B to ${maxBytes}B`,
  };
}

export function choice<const C extends string>(...choices: readonly C[]): Kind<C> {
  return { parse: (text) => choices.find((c) => c === text), allowed: choices.join(" or ") };
}

export function anyText(): Kind<string> {
  return { parse: (value) => (value === "" ? undefined : value), allowed: "any text that is not empty" };
}

/** A URL of one of the schemes. Kept as text: drivers have forms of their own, such as several hosts. */
export function url(...schemes: readonly string[]): Kind<string> {
  return {
    parse: (value) =>
      schemes.some((s) => value.startsWith(`${s}://`) && value.length > s.length + 3) ? value : undefined,
    allowed: schemes.map((s) => `${s}://…`).join(", "),
  };
}

/** An IP address, or a network of them. */
export function network(): Kind<string> {
  return {
    parse: (value) => {
      const [address = "", prefix] = value.split("/");
      const bits = isIP(address) === 6 ? 128 : 32;
      return isIP(address) > 0 && isPrefix(prefix, bits) ? value : undefined;
    },
    allowed: "an address or a network such as 10.0.0.0/8",
  };
}

function isPrefix(prefix: string | undefined, bits: number): boolean {
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits);
}

/** Comma-separated, no empty items. */
export function list<T>(item: Kind<T>): Kind<readonly T[]> {
  return {
    parse: (value) => {
      const items = value.split(",").map((part) => item.parse(part.trim()));
      return items.every((i) => i !== undefined) ? items : undefined;
    },
    allowed: `a comma-separated list, each ${item.allowed}`,
  };
}

/** `{"team:*":["read","write"]}`: room pattern to abilities. */
export function grants(): Kind<readonly Grant[]> {
  return {
    parse: (value) => parseGrants(parseJson(value)),
    fault: (value) => faultInPatterns(parseJson(value)),
    allowed: 'JSON such as {"team:*":["read","write"]} with read, write or moderate',
  };
}

function faultInPatterns(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const wrong = Object.keys(value).find((room) => !isRoomPattern(room));
  if (wrong === undefined) return undefined;
  return `${JSON.stringify(wrong)} is no pattern of rooms, which has ** only as its whole last segment, and no spaces`;
}

function parseGrants(value: unknown): readonly Grant[] | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const parsed = Object.entries(value).map(([room, can]) => parseGrant(room, can));
  return parsed.every((grant) => grant !== undefined) ? parsed : undefined;
}

const ability = choice("read", "write", "moderate");

function parseGrant(room: string, can: unknown): Grant | undefined {
  if (!Array.isArray(can) || !isRoomPattern(room)) return undefined;
  const abilities = can.map((c) => (typeof c === "string" ? ability.parse(c) : undefined));
  return abilities.every((a) => a !== undefined) ? { room, can: abilities } : undefined;
}
