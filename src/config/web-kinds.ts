import { type Kind, list } from "./kinds.ts";

/** A URL that can be fetched. */
export function webUrl(): Kind<string> {
  return {
    parse: (text) => (originOf(text) === undefined ? undefined : text),
    allowed: "https://… or http://…",
  };
}

/** Comma-separated origins as browsers send them, to be compared letter by letter. */
export function origins(): Kind<readonly string[]> {
  const each = list({
    parse: (text) => (originOf(text) === text ? text : undefined),
    allowed: "an origin such as https://app.example.com: scheme, host and a port that is not the scheme's own",
  });
  return {
    ...each,
    fault: (text) =>
      text
        .split(",")
        .map(faultInOrigin)
        .find((fault) => fault !== undefined),
  };
}

/** Undefined where another text would not help either. */
function faultInOrigin(part: string): string | undefined {
  const text = part.trim();
  const origin = originOf(text);
  if (origin === undefined || origin === text) return undefined;
  return `${JSON.stringify(text)} is no origin; write ${origin}`;
}

function originOf(text: string): string | undefined {
  const url = /^https?:\/\//i.test(text) ? URL.parse(text) : null;
  return url?.origin;
}
