import type { IncomingHttpHeaders } from "node:http";
import { originMatcher } from "../../kernel/origin-pattern.ts";

/** What a browser is told about pages of other origins. */
export interface CrossOrigin {
  /** Browsers send an `Origin` with every WebSocket, and CORS does not guard those. Clients that are no browser send none. */
  isAllowed(headers: IncomingHttpHeaders): boolean;
  /** Headers with which a page of an allowed other origin may read an answer, refusals and their `Retry-After` too. */
  answerHeaders(headers: IncomingHttpHeaders): Record<string, string>;
  /** Headers of the answer to a preflight; undefined where there is nothing to allow. */
  preflightHeaders(headers: IncomingHttpHeaders): Record<string, string> | undefined;
}

const preflightSeconds = 600;

/** @param allowed origins and patterns of such, besides the server's own */
export function createCrossOrigin(allowed: readonly string[]): CrossOrigin {
  const isListed = originMatcher(allowed);
  const answerHeaders: CrossOrigin["answerHeaders"] = ({ origin }) => {
    if (origin === undefined || !isListed(origin)) return {};
    return {
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "Retry-After",
      vary: "Origin",
    };
  };
  return {
    isAllowed: (headers) => headers.origin === undefined || isListed(headers.origin) || isOwn(headers),
    answerHeaders,
    preflightHeaders: (headers) => {
      const answer = answerHeaders(headers);
      if (!("vary" in answer)) return undefined;
      return {
        ...answer,
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": headers["access-control-request-headers"] ?? "",
        "access-control-max-age": String(preflightSeconds),
      };
    },
  };
}

/** A page of another port of the same host has another origin. */
function isOwn({ origin = "", host }: IncomingHttpHeaders): boolean {
  return host !== undefined && host !== "" && URL.parse(origin)?.host === host;
}
