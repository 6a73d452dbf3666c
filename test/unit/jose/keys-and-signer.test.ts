import { generateKeyPairSync } from "node:crypto";
import { decodeJwt, SignJWT } from "jose";
import { expect, test } from "vitest";
import { createTokenSigner } from "../../../src/adapters/jose/token-signer.ts";
import { createTokenVerifier } from "../../../src/adapters/jose/token-verifier.ts";
import { secretBytes, verificationKeys } from "../../../src/adapters/jose/verification-keys.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

const secret = "a secret that is long enough for HS256";
const clock = new ManualClock();
const now = Math.floor(clock.now() / 1_000);

function pemOf(type: "rsa" | "rsa-pss"): string {
  const { publicKey } =
    type === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2_048 })
      : generateKeyPairSync("rsa-pss", { modulusLength: 2_048 });
  return publicKey.export({ type: "spki", format: "pem" });
}

test("a secret has 32 bytes at least, counted as bytes", () => {
  expect(() => secretBytes("s".repeat(31))).toThrow("has 31 bytes; at least 32 are needed");
  expect(secretBytes("s".repeat(32))).toHaveLength(32);
  expect(secretBytes("é".repeat(16))).toHaveLength(32);
});

test("a key is for the algorithms of its kind and no others", () => {
  const algorithms = (pem: string): readonly string[] =>
    verificationKeys({ publicKeys: [pem] }).flatMap((key) => [...key.algorithms]);
  expect(algorithms(pemOf("rsa"))).toEqual(["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]);
  expect(algorithms(pemOf("rsa-pss"))).toEqual(["PS256", "PS384", "PS512"]);
  expect(verificationKeys({ secrets: [secret] }).map((key) => [...key.algorithms])).toEqual([
    ["HS256", "HS384", "HS512"],
  ]);
});

test("kinds of keys and curves that are not supported are refused with their name", () => {
  const pem = (curve: string): string =>
    generateKeyPairSync("ec", { namedCurve: curve }).publicKey.export({ type: "spki", format: "pem" });
  expect(() => verificationKeys({ publicKeys: [pem("secp256k1")] })).toThrow(
    "a public key of type ec is not supported",
  );
  const x25519 = generateKeyPairSync("x25519").publicKey.export({ type: "spki", format: "pem" });
  expect(() => verificationKeys({ publicKeys: [x25519] })).toThrow("x25519 is not supported");
});

test("what is signed says everything that was asked, and lasts a second at least, rounded up", async () => {
  const sign = createTokenSigner({ secret, clock });
  expect(decodeJwt(await sign({ sub: "ada", admin: true, expiresInMs: 1_001 }))).toEqual({
    sub: "ada",
    admin: true,
    iat: now,
    exp: now + 2,
  });
  expect(decodeJwt(await sign({ sub: "ada", admin: false, expiresInMs: 0 }))).toEqual({
    sub: "ada",
    iat: now,
    exp: now + 1,
  });
});

test("a token with critical extensions is refused, also with one that the library knows", async () => {
  const verifier = createTokenVerifier({ keys: { secrets: [secret] }, defaultGrants: [], clock });
  const token = await new SignJWT({ sub: "ada", exp: now + 60 })
    .setProtectedHeader({ alg: "HS256", crit: ["b64"], b64: true })
    .sign(new TextEncoder().encode(secret));
  await expect(verifier.verify(token)).rejects.toMatchObject({ message: "the token has critical extensions" });
});

test("an old and a new secret are both taken, and a token that one signed is judged by its claims alone", async () => {
  const old = "the secret before, also long enough here";
  const verifier = createTokenVerifier({ keys: { secrets: [secret, old] }, defaultGrants: [], clock });
  const sign = createTokenSigner({ secret: old, clock });
  expect(await verifier.verify(await sign({ sub: "ada", expiresInMs: 60_000 }))).toMatchObject({ id: "ada" });
  const late = new ManualClock(clock.now() + 600_000);
  const later = createTokenVerifier({ keys: { secrets: [secret, old] }, defaultGrants: [], clock: late });
  await expect(later.verify(await sign({ sub: "ada", expiresInMs: 60_000 }))).rejects.toMatchObject({
    code: "AUTH_EXPIRED",
  });
});
