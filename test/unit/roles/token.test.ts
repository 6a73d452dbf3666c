import { decodeJwt } from "jose";
import { expect, test } from "vitest";
import { compileSettings, type RawSettings } from "../../../src/config/index.ts";
import { systemClock } from "../../../src/kernel/clock.ts";
import { signToken } from "../../../src/roles/token.ts";
import { tokenVerifier, warnOfKeys } from "../../../src/roles/token-verifier.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { signTestToken } from "../../harness/sign-token.ts";

const secret = "s".repeat(32);
const raw = { jwtSecret: secret, jwtIssuer: "tests", jwtAudience: "chat" };
const plain = { sub: "ada", exp: "1h" };

function verifierOf(
  given: RawSettings,
  { logger = silentLogger, metrics = createMetrics({ processMetrics: false }) } = {},
): ReturnType<typeof tokenVerifier> {
  return tokenVerifier({
    settings: compileSettings(given, "all-in-one"),
    clock: systemClock,
    random: () => 0.5,
    metrics,
    logger,
  });
}

test("what is signed is taken with the same settings, and says who signed it for whom", async () => {
  const token = await signToken(raw, { ...plain, sub: "a".repeat(128), name: "Ada", rooms: "team:*=read,write" });
  const { id, name, grants } = await verifierOf(raw).verify(token);
  expect({ id, name, grants }).toEqual({
    id: "a".repeat(128),
    name: "Ada",
    grants: [{ room: "team:*", can: ["read", "write"] }],
  });
  expect(decodeJwt(token)).toMatchObject({ iss: "tests", aud: "chat" });
});

test.each([
  [{ sub: "" }, /^--sub: "" is not valid; allowed: 1 to 128 characters$/],
  [{ sub: "a".repeat(129) }, /^--sub: /],
  [{ name: "" }, /^--name: "" is not valid/],
  [{ rooms: "=read" }, /^--rooms: "=read" is not valid; allowed: 'team:\*=read,write;lobby=read'$/],
  [{ rooms: "a:**:b=read" }, /^--rooms: /],
  [{ rooms: "lobby" }, /^--rooms: /],
  [{ rooms: Array.from({ length: 501 }, (_, i) => `r${i}=read`).join(";") }, /^--rooms: /],
  [{ exp: "soon" }, /^--exp: "soon" is not valid; allowed: a duration/],
  [{ exp: "999999999999d" }, /^--exp: /],
  [{ exp: "367d" }, /^--exp: "367d" is not valid; allowed: at most 31622400s, which is WEIR_TOKEN_MAX_LIFETIME$/],
])("what a gateway would refuse is not signed: %j", async (flags, words) => {
  await expect(signToken(raw, { ...plain, ...flags })).rejects.toThrow(words);
});

test.each([
  [{ jwtSecret: "short" }, /^WEIR_JWT_SECRET is not valid: .*5 bytes.*; allowed: text of at least 32 bytes$/],
  [{ jwtSecret: secret, jwtSecretPrevious: "short" }, /^WEIR_JWT_SECRET_PREVIOUS is not valid: /],
  [{ jwtPublicKey: "-----BEGIN PUBLIC KEY-----\nx\n-----END PUBLIC KEY-----" }, /^WEIR_JWT_PUBLIC_KEY is not valid: /],
  [{ jwtPublicKey: "-----BEGIN PRIVATE KEY-----" }, /^WEIR_JWT_PUBLIC_KEY is not valid: (?!.*BEGIN)/],
])("a key that can't be used is told with the name of its setting: %j", (given, words) => {
  expect(() => verifierOf(given)).toThrow(words);
});

test("claims of a wrong form are counted each time and logged once for each name", async () => {
  const lines: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  const metrics = createMetrics({ processMetrics: false });
  const verifier = verifierOf({ jwtSecret: secret }, { logger, metrics });
  for (const wrong of [{ name: null }, { name: "" }, { name: null, admin: null }]) {
    expect(await verifier.verify(signTestToken(secret, { sub: "ada", ...wrong }))).toMatchObject({ id: "ada" });
  }
  const { text } = await metrics.scrape();
  expect(text).toContain('weir_token_claims_ignored_total{claim="name"} 3');
  expect(text).toContain('weir_token_claims_ignored_total{claim="admin"} 1');
  expect(lines).toEqual([{ claim: "name" }, { claim: "admin" }]);
});

test("tokens that last longer than WEIR_TOKEN_MAX_LIFETIME are refused and counted; a year passes by default", async () => {
  const metrics = createMetrics({ processMetrics: false });
  const verifier = verifierOf({ jwtSecret: secret }, { metrics });
  const iat = Math.floor(systemClock.now() / 1_000);
  const lasting = (days: number): string => signTestToken(secret, { sub: "ada", iat, exp: iat + days * 86_400 });
  expect(await verifier.verify(lasting(366))).toMatchObject({ id: "ada" });
  await expect(verifier.verify(lasting(367))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  expect((await metrics.scrape()).text).toContain('weir_cap_reached_total{cap="token_lifetime"} 1');
  const strict = verifierOf({ jwtSecret: secret, tokenMaxLifetime: "1d" });
  await expect(strict.verify(lasting(2))).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
});

test("a required type is that of tokens that are taken and of those that are signed", async () => {
  const typed = { ...raw, jwtType: "weir+jwt" };
  const token = await signToken(typed, plain);
  expect(await verifierOf(typed).verify(token)).toMatchObject({ id: "ada" });
  await expect(verifierOf(typed).verify(await signToken(raw, plain))).rejects.toMatchObject({
    message: "the token's typ is refused",
  });
});

test.each<readonly [RawSettings, readonly string[] | undefined]>([
  [{ jwtSecret: secret }, ["WEIR_JWT_SECRET"]],
  [{ jwtPublicKey: "PEM" }, ["WEIR_JWT_PUBLIC_KEY"]],
  [{ jwtSecret: secret, jwksUrl: "https://id.example/keys" }, ["WEIR_JWT_SECRET", "WEIR_JWKS_URL"]],
  [{ jwksUrl: "https://id.example/keys", jwtAudience: "chat" }, undefined],
  [{}, undefined],
])("keys that may be shared are warned of where no audience is set: %j", (given, keys) => {
  const lines: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  warnOfKeys({ settings: compileSettings(given, "all-in-one"), logger });
  expect(lines).toEqual(keys === undefined ? [] : [{ keys }]);
});

test.each([
  ["https://id.example/keys", undefined],
  ["http://localhost:8080/keys", undefined],
  ["http://127.0.0.2/keys", undefined],
  ["http://[::1]:1/keys", undefined],
  ["http://id.example/keys", "http://id.example/keys"],
  ["HTTP://ada:pw@10.0.0.1/keys?a=b", "HTTP://(hidden)@10.0.0.1/keys?(hidden)"],
  ["http://127.0.0.1.example/keys", "http://127.0.0.1.example/keys"],
  ["http://localhost.example/keys", "http://localhost.example/keys"],
])("a key set that is fetched in the clear from elsewhere is warned of: %s", (jwksUrl, warned) => {
  const lines: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  warnOfKeys({ settings: compileSettings({ jwksUrl, jwtAudience: "chat" }, "all-in-one"), logger });
  expect(lines).toEqual(warned === undefined ? [] : [{ url: warned }]);
});
