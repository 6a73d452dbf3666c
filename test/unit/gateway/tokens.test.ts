import { createHmac, generateKeyPairSync, type KeyObject } from "node:crypto";
import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { createTokenSigner } from "../../../src/adapters/jose/token-signer.ts";
import { createTokenVerifier, type TokenVerifierOptions } from "../../../src/adapters/jose/token-verifier.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";

const secret = "a secret that is long enough for HS256";
const defaultGrants = [{ room: "**", can: ["read"] }] as const;

function setUp(options: Partial<TokenVerifierOptions> = {}) {
  const clock = new ManualClock();
  const verifier = createTokenVerifier({ keys: { secrets: [secret] }, defaultGrants, clock, ...options });
  const sign = createTokenSigner({ secret, clock });
  const now = Math.floor(clock.now() / 1_000);
  const claims = { sub: "alice", exp: now + 60 };
  return { clock, verifier, sign, now, claims };
}

function unsigned(header: object, claims: object): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part(header)}.${part(claims)}`;
}

function hs256(header: object, claims: object, key: string): string {
  const body = unsigned(header, claims);
  return `${body}.${createHmac("sha256", key).update(body).digest("base64url")}`;
}

function pemOf(key: KeyObject): string {
  return key.export({ type: "spki", format: "pem" });
}

describe("tokens", () => {
  test("a signed token speaks for its user, with its rooms and its end", async () => {
    const { verifier, sign, now } = setUp();
    const rooms = [{ room: "team:*", can: ["read", "write"] }] as const;
    const principal = await verifier.verify(await sign({ sub: "alice", name: "Alice", rooms, expiresInMs: 60_000 }));
    expect(principal).toEqual({
      id: "alice",
      name: "Alice",
      grants: rooms,
      admin: false,
      issuedAt: now * 1_000,
      expiresAt: (now + 60) * 1_000,
    });
  });

  test("a token without rooms gets the deployment's default", async () => {
    const { verifier, sign } = setUp();
    expect((await verifier.verify(await sign({ sub: "a", expiresInMs: 1_000 }))).grants).toEqual(defaultGrants);
  });

  test.each(["exp", "nbf", "iat"])(
    "a clock that is up to 30 s off is allowed for by %s, and no more",
    async (claim) => {
      const { verifier, claims, now } = setUp();
      const off = (seconds: number): string =>
        hs256({ alg: "HS256" }, { ...claims, [claim]: now + (claim === "exp" ? -seconds : seconds) }, secret);
      await expect(verifier.verify(off(29))).resolves.toMatchObject({ id: "alice" });
      const code = claim === "exp" ? "AUTH_EXPIRED" : "UNAUTHENTICATED";
      await expect(verifier.verify(off(31))).rejects.toMatchObject({ code });
    },
  );

  test("a token ends to the millisecond when the skew is over", async () => {
    const { verifier, sign, clock, now } = setUp();
    const token = await sign({ sub: "a", expiresInMs: 5_000 });
    await clock.advance(34_999);
    await expect(verifier.verify(token)).resolves.toMatchObject({ expiresAt: (now + 5) * 1_000 });
    await clock.advance(1);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "AUTH_EXPIRED" });
  });

  test("so does a token whose end is no whole second", async () => {
    const { verifier, clock, now, claims } = setUp();
    const token = hs256({ alg: "HS256" }, { ...claims, exp: now + 5.5 }, secret);
    await clock.advance(35_499);
    await expect(verifier.verify(token)).resolves.toMatchObject({ expiresAt: now * 1_000 + 5_500 });
    await clock.advance(1);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "AUTH_EXPIRED" });
  });

  test.each([
    ["name", null],
    ["name", ""],
    ["name", "n".repeat(129)],
    ["name", 7],
    ["name", "\uD800"],
    ["rooms", null],
    ["admin", null],
    ["admin", "yes"],
  ])("a claim that nothing depends on is left out and told, not refused: %s %j", async (claim, value) => {
    const ignored: string[] = [];
    const { verifier, claims } = setUp({ onIgnored: (name) => void ignored.push(name) });
    const principal = await verifier.verify(hs256({ alg: "HS256" }, { ...claims, [claim]: value }, secret));
    expect(principal).toEqual({ id: "alice", grants: defaultGrants, admin: false, expiresAt: claims.exp * 1_000 });
    expect(ignored).toEqual([claim]);
  });

  test("claims in our form are not told as left out", async () => {
    const ignored: string[] = [];
    const { verifier, claims } = setUp({ onIgnored: (name) => void ignored.push(name) });
    const all = { ...claims, name: "n".repeat(128), rooms: [], admin: true };
    expect(await verifier.verify(hs256({ alg: "HS256" }, all, secret))).toMatchObject({ grants: [], admin: true });
    expect(ignored).toEqual([]);
  });

  test.each<readonly [string, object]>([
    ["the token has no claim exp", { exp: undefined }],
    ["the token has no claim sub", { sub: undefined }],
    ["the token's claim sub is refused", { sub: 7 }],
    ["the token's claim sub is refused", { sub: "" }],
    ["the token's claim exp is refused", { exp: null }],
    ["the token's claim exp is refused", { exp: "tomorrow" }],
    ["the token's claim nbf is refused", { nbf: 9_999_999_999 }],
    ["the token's claim iat is refused", { iat: 9_999_999_999 }],
    ["the token's claim iat is refused", { iat: null }],
    ["the token's claim rooms is refused", { rooms: [{ room: "a b", can: ["read"] }] }],
    ["the token's claim rooms is refused", { rooms: "lobby" }],
    ["the token has no claim iss", { iss: undefined }],
    ["the token's claim aud is refused", { aud: "other" }],
  ])("a refusal for a claim says which: %s", async (message, wrong) => {
    const { verifier, claims } = setUp({ issuer: "https://id", audience: "weir" });
    const token = hs256({ alg: "HS256" }, { ...claims, iss: "https://id", aud: "weir", ...wrong }, secret);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED", message });
  });

  test("issuer and audience have to be exactly those that are set", async () => {
    const { verifier, claims } = setUp({ issuer: "https://id", audience: "weir" });
    const good = { ...claims, iss: "https://id", aud: "weir" };
    await expect(verifier.verify(hs256({ alg: "HS256" }, good, secret))).resolves.toMatchObject({ id: "alice" });
    for (const wrong of [
      claims,
      { ...good, iss: "https://id/" },
      { ...good, aud: "weirs" },
      { ...good, aud: undefined },
    ]) {
      await expect(verifier.verify(hs256({ alg: "HS256" }, wrong, secret))).rejects.toMatchObject({
        code: "UNAUTHENTICATED",
      });
    }
  });

  const header = { alg: "HS256" };
  const forgeries: readonly [string, (claims: { sub: string; exp: number }) => string][] = [
    ["without a signature", (c) => `${unsigned({ alg: "none" }, c)}.`],
    ["with alg none and a signature of nothing", (c) => `${unsigned({ alg: "none" }, c)}.AA`],
    ["with an algorithm that does not exist", (c) => hs256({ alg: "HS257" }, c, secret)],
    ["signed with another secret", (c) => hs256(header, c, "another secret that is long enough too")],
    [
      "whose claims were changed",
      (c) => hs256(header, c, secret).replace(/\.[^.]+\./, `.${unsigned({}, { ...c, sub: "bob" }).split(".")[1]}.`),
    ],
    ["whose key id is a path", (c) => hs256({ ...header, kid: "../../../../dev/null" }, c, secret)],
    ["whose key id is a query", (c) => hs256({ ...header, kid: "' OR 1=1 --" }, c, secret)],
    ["whose key id is no text", (c) => hs256({ ...header, kid: { $gt: "" } }, c, secret)],
    ["with critical extensions", (c) => hs256({ ...header, crit: ["b64"], b64: false }, c, secret)],
    ["whose user is no text", (c) => hs256(header, { ...c, sub: { $gt: "" } }, secret)],
    ["without a user", ({ exp }) => hs256(header, { exp }, secret)],
    ["without an end", ({ sub }) => hs256(header, { sub }, secret)],
    ["whose end is no number", (c) => hs256(header, { ...c, exp: "tomorrow" }, secret)],
    [
      "whose rooms have a wrong form",
      (c) => hs256(header, { ...c, rooms: [{ room: "a", can: ["everything"] }] }, secret),
    ],
    [
      "one of whose rooms is no pattern",
      (c) =>
        hs256(
          header,
          {
            ...c,
            rooms: [
              { room: "lobby", can: [] },
              { room: "team:**:x", can: ["read"] },
            ],
          },
          secret,
        ),
    ],
    ["over the size limit", (c) => hs256(header, { ...c, pad: "x".repeat(9_000) }, secret)],
    ["that is no token", () => "alice"],
    ["that is empty", () => ""],
    ["with broken base64", (c) => hs256(header, c, secret).replace(".", ".!")],
  ];

  test.each(forgeries)("a token %s is refused", async (_what, forge) => {
    const { verifier, claims } = setUp();
    await expect(verifier.verify(forge(claims))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("keys that the token itself names are never fetched or used", async () => {
    const { verifier, claims } = setUp();
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const jwk = publicKey.export({ format: "jwk" });
    const own = { alg: "RS256", jku: "http://127.0.0.1:9/keys", x5u: "http://127.0.0.1:9/cert", jwk };
    const token = await new SignJWT(claims).setProtectedHeader(own).sign(privateKey);
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("the public key is no shared secret", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const pem = pemOf(publicKey);
    const { verifier, claims } = setUp({ keys: { secrets: [secret], publicKeys: [pem] } });
    for (const form of [pem, pem.trim(), pem.replaceAll("\n", "")]) {
      await expect(verifier.verify(hs256(header, claims, form))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    }
  });

  const pairs = [
    ["RS256", () => generateKeyPairSync("rsa", { modulusLength: 2_048 })],
    ["PS384", () => generateKeyPairSync("rsa", { modulusLength: 2_048 })],
    ["ES256", () => generateKeyPairSync("ec", { namedCurve: "prime256v1" })],
    ["ES384", () => generateKeyPairSync("ec", { namedCurve: "secp384r1" })],
    ["EdDSA", () => generateKeyPairSync("ed25519")],
  ] as const;

  test.each(pairs)("%s tokens verify against their public key, beside others", async (alg, makePair) => {
    const { publicKey, privateKey } = makePair();
    const others = pairs.map(([, make]) => pemOf(make().publicKey));
    const { verifier, claims } = setUp({ keys: { secrets: [secret], publicKeys: [...others, pemOf(publicKey)] } });
    const token = await new SignJWT(claims).setProtectedHeader({ alg }).sign(privateKey);
    await expect(verifier.verify(token)).resolves.toMatchObject({ id: "alice" });
  });

  test("public keys may stand one after the other in one text", async () => {
    const [old, next] = [generateKeyPairSync("ed25519"), generateKeyPairSync("ed25519")];
    const { verifier, claims } = setUp({ keys: { publicKeys: [`${pemOf(old.publicKey)}\n${pemOf(next.publicKey)}`] } });
    for (const { privateKey } of [old, next]) {
      const token = await new SignJWT(claims).setProtectedHeader({ alg: "EdDSA" }).sign(privateKey);
      await expect(verifier.verify(token)).resolves.toMatchObject({ id: "alice" });
    }
    const foreign = await new SignJWT(claims)
      .setProtectedHeader({ alg: "EdDSA" })
      .sign(generateKeyPairSync("ed25519").privateKey);
    await expect(verifier.verify(foreign)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  test("weak and mistaken keys are refused at start, in one sentence", () => {
    const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const privatePem = privateKey.export({ type: "pkcs8", format: "pem" });
    expect(() => setUp({ keys: { secrets: ["short"] } })).toThrow("has 5 bytes; at least 32 are needed");
    expect(() => setUp({ keys: { secrets: [pemOf(publicKey)] } })).toThrow("is a PEM key");
    expect(() => setUp({ keys: { publicKeys: [privatePem] } })).toThrow("is a private key");
    expect(() => setUp({ keys: { publicKeys: ["hello"] } })).toThrow("is not in PEM form");
    expect(() => setUp({ keys: {} })).toThrow("no key");
  });
});
