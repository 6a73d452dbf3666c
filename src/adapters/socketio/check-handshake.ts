import type { IncomingHttpHeaders } from "node:http";
import { ChatError } from "../../protocol/errors.ts";

/** What a handshake shows of itself before anyone talks to it. */
export interface Handshake {
  readonly headers: IncomingHttpHeaders;
  readonly query: Readonly<Record<string, string>>;
}

const tokenParameters = ["token", "access_token", "auth", "jwt"];

/** Tokens are not taken from the query string, because they would end up in logs. */
export function hasTokenInQuery(query: Handshake["query"]): boolean {
  return tokenParameters.some((name) => name in query);
}

/** The token of an `Authorization: Bearer` header; undefined without the header. @throws ChatError UNAUTHENTICATED for any other scheme */
export function bearerToken({ authorization }: IncomingHttpHeaders): string | undefined {
  if (authorization === undefined) return undefined;
  const [, token] = /^Bearer ([^ ]+)$/i.exec(authorization) ?? [];
  if (token === undefined) throw new ChatError("UNAUTHENTICATED", "the authorization header is not a bearer token");
  return token;
}
