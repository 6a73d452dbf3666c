/*
 * Origins as browsers and web views send them, and two patterns: `https://*.example.com` for one label, `http://localhost:*` for every port
 * of a loopback host.
 */

const loopbackHosts = ["localhost", "127.0.0.1", "[::1]"];
const label = /^[a-z0-9_-]{1,63}$/;
const port = /^(?::\d{1,5})?$/;
/** Schemes of web views and extensions. Their hosts are compared letter by letter, as browsers send them. */
const viewOrigin = /^[a-z][a-z0-9+.-]*:\/\/[A-Za-z0-9._-]+(?::\d{1,5})?$/;

/** Why a text is no origin and no pattern of origins; undefined where it is one. */
export function faultInOriginPattern(text: string): string | undefined {
  if (text === "null" || text === "file://") return undefined;
  const web = /^(https?|wss?):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (web === undefined) return faultInView(text);
  if (web.startsWith("ws")) return `a page's origin begins with http; write ${text.replace(/^ws/i, "http")}`;
  return text.includes("*") ? faultInWildcard(text) : faultInWeb(text);
}

function faultInView(text: string): string | undefined {
  if (text.includes("*")) return "* stands for one label of a host, or for the port of a loopback host";
  return viewOrigin.test(text) ? undefined : "it has no scheme and host alone";
}

function faultInWeb(text: string): string | undefined {
  const origin = URL.parse(text)?.origin;
  if (origin === undefined) return "it has no scheme and host alone";
  return origin === text ? undefined : `write ${origin}`;
}

/** A domain of one label is refused below the star, because everyone can have a name in it. */
function faultInWildcard(text: string): string | undefined {
  const { prefix, suffix } = partsOf(text);
  if (suffix === "" && isLoopback(prefix)) return undefined;
  const domain = suffix.replace(/:\d+$/, "");
  const isWhole = /^https?:\/\/$/.test(prefix) && /^\..+\../.test(domain) && !suffix.includes("*");
  if (isWhole && faultInWeb(`${prefix}x${suffix}`) === undefined) return undefined;
  return "* stands for one whole label before a domain, as in https://*.example.com, or for the port of a loopback host";
}

function partsOf(text: string): { readonly prefix: string; readonly suffix: string } {
  const star = text.indexOf("*");
  return { prefix: text.slice(0, star), suffix: text.slice(star + 1) };
}

/** @param prefix what stands before the star of a port */
function isLoopback(prefix: string): boolean {
  const [, host = ""] = /^https?:\/\/(.+):$/.exec(prefix) ?? [];
  return loopbackHosts.includes(host);
}

/** @param patterns without a fault */
export function originMatcher(patterns: readonly string[]): (origin: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !pattern.includes("*")));
  const matchers = patterns.filter((pattern) => pattern.includes("*")).map(matcherOf);
  return (origin) => exact.has(origin) || matchers.some((matches) => matches(origin));
}

function matcherOf(pattern: string): (origin: string) => boolean {
  const { prefix, suffix } = partsOf(pattern);
  if (suffix === "") {
    const host = prefix.slice(0, -1);
    return (origin) => origin.startsWith(host) && port.test(origin.slice(host.length));
  }
  return (origin) =>
    origin.startsWith(prefix) && origin.endsWith(suffix) && label.test(origin.slice(prefix.length, -suffix.length));
}
