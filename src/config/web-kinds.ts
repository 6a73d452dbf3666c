import { faultInOriginPattern } from "../kernel/origin-pattern.ts";
import { type Kind, list, url } from "./kinds.ts";

/** A URL that can be fetched. */
export function webUrl(): Kind<string> {
  return {
    parse: (text) => (/^https?:\/\//i.test(text) && URL.canParse(text) ? text : undefined),
    allowed: "https://… or http://…",
  };
}

/** A media type as a token's `typ` has it, with or without `application/`. */
export function tokenType(): Kind<string> {
  return {
    parse: (text) => (/^[A-Za-z0-9!#$&^_.+/-]{1,128}$/.test(text) ? text : undefined),
    allowed: "a media type such as at+jwt",
  };
}

/** A URL of one Redis. Sentinel and Cluster are named in the fault, because their URLs exist and other programs take them. */
export function redisUrl(): Kind<string> {
  return {
    ...url("redis", "rediss"),
    fault: (text) => {
      const [, topology] = /^rediss?\+(sentinel|cluster):\/\//.exec(text) ?? [];
      return topology === undefined
        ? undefined
        : `redis+${topology}:// is not supported yet; name an address that always leads to the primary`;
    },
  };
}

/** Comma-separated origins as browsers and web views send them, or patterns of such. */
export function origins(): Kind<readonly string[]> {
  const each = list({
    parse: (text) => (faultInOriginPattern(text) === undefined ? text : undefined),
    allowed:
      "an origin such as https://app.example.com, https://*.example.com (one label), capacitor://localhost, file:// or null",
  });
  return {
    ...each,
    fault: (text) =>
      text
        .split(",")
        .map(faultIn)
        .find((fault) => fault !== undefined),
  };
}

function faultIn(part: string): string | undefined {
  const text = part.trim();
  const fault = faultInOriginPattern(text);
  return fault === undefined ? undefined : `${JSON.stringify(text)} is no origin: ${fault}`;
}
