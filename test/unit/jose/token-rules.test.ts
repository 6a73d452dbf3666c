import { decodeProtectedHeader, SignJWT } from "jose";
import { expect, test } from "vitest";
import { createTokenSigner } from "../../../src/adapters/jose/token-signer.ts";
import { createTokenVerifier, type TokenVerifierOptions } from "../../../src/adapters/jose/token-verifier.ts";
import type { Principal } from "../../../src/gateway/ports.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

const secret = "a secret that is long enough for HS256";
const clock = new ManualClock();
const now = Math.floor(clock.now() / 1_000);
const day = 86_400;

function verify(token: string, options: Partial<TokenVerifierOptions> = {}): Promise<Principal> {
  return createTokenVerifier({ keys: { secrets: [secret] }, defaultGrants: [], clock, ...options }).verify(token);
}

function sign(claims: object, header: object = {}): Promise<string> {
  const all = { sub: "ada", exp: now + 60, ...claims };
  return new SignJWT(all).setProtectedHeader({ alg: "HS256", ...header }).sign(new TextEncoder().encode(secret));
}

test.each([{}, { typ: "JWT" }, { typ: "jwt" }, { typ: "at+jwt" }, { typ: "application/AT+JWT" }])(
  "a token without a type or with the type of an access token is taken: %j",
  async (header) => {
    expect(await verify(await sign({}, header))).toMatchObject({ id: "ada" });
  },
);

test.each(
  ["logout+jwt", "secevent+jwt", "dpop+jwt", "client-authentication+jwt", "JWS", "JOSE", "", "text/jwt"].map((typ) => [
    typ,
  ]),
)("a token whose type names another kind of token is refused, also with a good signature: %j", async (typ) => {
  await expect(verify(await sign({}, { typ }))).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
    message: "the token's typ is refused",
  });
});

test.each([7, null, true, {}, ["JWT"]])("a type that is no text is refused: %j", async (typ) => {
  const [, claims, signature] = (await sign({})).split(".");
  const header = Buffer.from(JSON.stringify({ alg: "HS256", typ })).toString("base64url");
  await expect(verify(`${header}.${claims}.${signature}`)).rejects.toMatchObject({
    message: "the token's typ is refused",
  });
});

test("a required type is the only one that is taken, in whatever case, and our own tokens have it", async () => {
  const type = "weir+jwt";
  const own = await createTokenSigner({ secret, type, clock })({ sub: "ada", expiresInMs: 60_000 });
  expect(decodeProtectedHeader(own)).toMatchObject({ typ: type });
  for (const token of [own, await sign({}, { typ: "application/Weir+JWT" })])
    expect(await verify(token, { type })).toMatchObject({ id: "ada" });
  for (const header of [{}, { typ: "JWT" }, { typ: "at+jwt" }])
    await expect(verify(await sign({}, header), { type })).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a token may last as long as the limit from its issue on, and not a second longer", async () => {
  const maxLifetimeMs = 10 * day * 1_000;
  for (const iat of [now, now - 9 * day])
    expect(await verify(await sign({ iat, exp: iat + 10 * day }), { maxLifetimeMs })).toMatchObject({ id: "ada" });
  for (const iat of [now, now - 10 * day])
    await expect(verify(await sign({ iat, exp: iat + 10 * day + 1 }), { maxLifetimeMs })).rejects.toMatchObject({
      code: "UNAUTHENTICATED",
      message: "the token lasts longer than 864000 s",
    });
});

test("a token that does not say when it was issued may last as long as the limit from now on", async () => {
  const maxLifetimeMs = 10 * day * 1_000;
  const refused: string[] = [];
  const options = { maxLifetimeMs, onTooLong: () => void refused.push("too long") };
  expect(await verify(await sign({ exp: now + 10 * day + 30 }), options)).toMatchObject({ id: "ada" });
  expect(refused).toEqual([]);
  for (const exp of [now + 10 * day + 31, now + 100 * 366 * day, (now + 60) * 1_000])
    await expect(verify(await sign({ exp }), options)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect(refused).toHaveLength(3);
});

test("a token says when it was issued, to the millisecond", async () => {
  expect(await verify(await sign({ iat: now - 1.5 }))).toMatchObject({ issuedAt: (now - 1.5) * 1_000 });
});
