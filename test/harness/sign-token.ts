import { createHmac } from "node:crypto";

const hour = 3_600;

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}

/** An HS256 token for a user, valid for an hour, made without the program under test. */
export function signTestToken(
  secret: string,
  claims: { readonly sub: string } & Readonly<Record<string, unknown>>,
): string {
  const now = Math.floor(Date.now() / 1_000);
  const signed = `${encode({ alg: "HS256", typ: "JWT" })}.${encode({ iat: now, exp: now + hour, ...claims })}`;
  return `${signed}.${createHmac("sha256", secret).update(signed).digest("base64url")}`;
}
