/** The crypto of the program that runs it. */
export interface TokenCrypto {
  /** Base64 for URLs, without padding. */
  base64url(text: string): string;
  /** HMAC with SHA-256, as base64url. */
  hmacSha256(secret: string, text: string): string;
}

/** Long enough for a soak of a day, s. */
const lifetime = 172_800;

/** An HS256 token for a user. @param now Unix ms */
export function signToken(crypto: TokenCrypto, secret: string, sub: string, now: number): string {
  const iat = Math.floor(now / 1_000);
  const head = crypto.base64url(JSON.stringify({ alg: "HS256", typ: "JWT" }));
  const claims = crypto.base64url(JSON.stringify({ sub, iat, exp: iat + lifetime }));
  return `${head}.${claims}.${crypto.hmacSha256(secret, `${head}.${claims}`)}`;
}
