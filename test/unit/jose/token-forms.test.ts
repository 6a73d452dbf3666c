import { createHmac, generateKeyPairSync } from "node:crypto";
import { SignJWT } from "jose";
import { expect, test } from "vitest";
import { createTokenVerifier } from "../../../src/adapters/jose/token-verifier.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

/* Each token here is signed with the right key: its form alone is wrong. */

const secret = "a secret that is long enough for HS256";
const clock = new ManualClock();
const claims = { sub: "ada", exp: Math.floor(clock.now() / 1_000) + 60 };
const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
const pem = publicKey.export({ type: "spki", format: "pem" });
const verifier = createTokenVerifier({
  keys: { secrets: [secret], publicKeys: [pem] },
  defaultGrants: [],
  clock,
});

const encoded = (text: string): string => Buffer.from(text).toString("base64url");

function signed(header: string, payload = JSON.stringify(claims)): string {
  const body = `${encoded(header)}.${encoded(payload)}`;
  return `${body}.${createHmac("sha256", secret).update(body).digest("base64url")}`;
}

const good = signed('{"alg":"HS256"}');
const [head = "", body = "", signature = ""] = good.split(".");

test("a token of the right form is taken", async () => {
  expect(await verifier.verify(good)).toMatchObject({ id: "ada" });
});

test.each([
  ["none in other letters", signed('{"alg":"NonE"}')],
  ["an algorithm in small letters", signed('{"alg":"hs256"}')],
  ["an algorithm that is a list", signed('{"alg":["HS256"]}')],
  ["no algorithm", signed("{}")],
  ["an algorithm of the prototype", signed('{"alg":"toString"}')],
  ["ES256 and a signature of the shared secret", signed('{"alg":"ES256"}')],
  ["HS256 and then none", signed('{"alg":"HS256","alg":"none"}')],
  ["a payload that is not encoded", signed('{"alg":"HS256","b64":false,"crit":["b64"]}')],
  ["compressed content that nothing asked for", signed('{"alg":"HS256","zip":"DEF","crit":["zip"]}')],
  ["a header that is a list", signed('["HS256"]')],
  ["a header that is null", signed("null")],
  ["a header that is no JSON", signed("alg=HS256")],
  ["claims that are a list", signed('{"alg":"HS256"}', JSON.stringify([claims]))],
  ["claims that are null", signed('{"alg":"HS256"}', "null")],
  ["claims that are no JSON", signed('{"alg":"HS256"}', "sub=ada")],
  ["no signature", `${head}.${body}.`],
  ["no claims", `${head}..${signature}`],
  ["two parts", `${head}.${body}`],
  ["four parts", `${good}.${signature}`],
  ["five parts, as an encrypted token has", `${head}.${body}.${body}.${body}.${signature}`],
  ["padding", `${good}=`],
  ["letters of the other base64", `${head}.${body}.${signature.slice(1)}+`],
  ["a blank before it", ` ${good}`],
  ["a line break behind it", `${good}\n`],
  ["its scheme before it", `Bearer ${good}`],
  ["JSON instead of the compact form", JSON.stringify({ protected: head, payload: body, signature })],
  ["a signature that is cut", good.slice(0, -4)],
  ["a signature with more behind it", `${good}AAAA`],
])("a token with %s is refused", async (_form, token) => {
  await expect(verifier.verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a signature of a public key in the form of DER is refused", async () => {
  const token = await new SignJWT(claims).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  expect(await verifier.verify(token)).toMatchObject({ id: "ada" });
  const [header, payload, raw = ""] = token.split(".");
  const bytes = Buffer.from(raw, "base64url");
  const number = (half: Buffer): Buffer => Buffer.concat([Buffer.from([2, 33, 0]), half]);
  const der = Buffer.concat([Buffer.from([48, 70]), number(bytes.subarray(0, 32)), number(bytes.subarray(32))]);
  await expect(verifier.verify(`${header}.${payload}.${der.toString("base64url")}`)).rejects.toMatchObject({
    code: "UNAUTHENTICATED",
  });
});

test("an ECDSA signature of zeros is refused", async () => {
  const header = encoded('{"alg":"ES256"}');
  const zeros = Buffer.alloc(64).toString("base64url");
  await expect(verifier.verify(`${header}.${body}.${zeros}`)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});
