import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  ConfigError,
  compileSettings,
  describeSettings,
  isSecretValue,
  type RawSettings,
  settingCatalogue,
  settingFault,
} from "../../../src/config/index.ts";

const gateway = { redisUrl: "redis://r", mongodbUrl: "mongodb://m/weir", jwtSecret: "s".repeat(32) };
const names = Object.keys(settingCatalogue);
/** Nothing else in the output has these letters. */
const password = fc.stringMatching(/^[QZ]{8}[ a-z!$&'()*+,;=:%/#]{0,6}[QZ]{4}$/);
const url = fc
  .tuple(fc.constantFrom("https", "http", "redis", "mongodb", "ws"), fc.constantFrom("://", ":/", "//", ":"), password)
  .chain(([scheme, mark, secret]) =>
    fc.constantFrom(
      `${scheme}${mark}u:${secret}@id.example.com/keys`,
      `${scheme}${mark}${secret}:x@id.example.com`,
      `${scheme}${mark}u:${secret}@id.example.com/keys?a=b`,
      `${scheme}://id.example.com/keys?token=${secret}`,
      `https://app.example.com,${scheme}://u:${secret}@id.example.com`,
      `u:${secret}@id.example.com`,
    ),
  );

/** All that a person is shown of settings: what `weir config` prints, or the refusal. */
function shownOf(raw: RawSettings): string {
  try {
    return JSON.stringify(describeSettings(compileSettings(raw, "gateway")));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return error.message;
  }
}

describe("whatever the setting is called", () => {
  test("user info and query of a URL are shown neither where it is taken nor where it is refused", () => {
    fc.assert(
      fc.property(fc.constantFrom(...names), url, (name, value) => {
        const shown = shownOf({ ...gateway, [name]: value });
        expect({ shown, isClean: !/[QZ]{4}/.test(shown) }).toEqual({ shown, isClean: true });
        expect(isSecretValue(name, value)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test("a private key is not shown", () => {
    const pem = "-----BEGIN PRIVATE KEY-----\nQQQQ\n-----END PRIVATE KEY-----";
    for (const name of ["jwtPublicKey", "jwtIssuer"])
      expect(shownOf({ ...gateway, [name]: pem })).not.toContain("QQQQ");
  });
});

test("a refusal that an adapter words shows no user info and no query of a URL", () => {
  expect(new ConfigError("can't use redis://:hunter2@r:6379 here").message).toBe(
    "can't use redis://(hidden)@r:6379 here",
  );
  expect(settingFault("jwksUrl", "no answer of https://h/keys?code=hunter2").message).not.toContain("hunter2");
});

test("what is no secret of a URL is shown as it is", () => {
  const plain = {
    ...gateway,
    jwksUrl: "https://id.example.com/keys",
    defaultGrant: '{"team:ada@home":["read"]}',
    allowedOrigins: "https://app.example.com,null",
  };
  expect(describeSettings(compileSettings(plain, "gateway"))).toMatchObject({
    WEIR_JWKS_URL: "https://id.example.com/keys",
    WEIR_DEFAULT_GRANT: [{ room: "team:ada@home", can: ["read"] }],
    WEIR_ALLOWED_ORIGINS: ["https://app.example.com", "null"],
  });
  expect(shownOf({ ...gateway, jwksUrl: "https://ada:pw@id.example.com/keys" })).toContain(
    '"WEIR_JWKS_URL":"https://(hidden)@id.example.com/keys"',
  );
  expect(shownOf({ ...gateway, allowedOrigins: "https://ada:pw@app.example.com" })).toContain(
    'WEIR_ALLOWED_ORIGINS is not valid: "https://(hidden)@app.example.com" is no origin: write https://app.example.com;',
  );
  for (const [name, value] of Object.entries({ ...plain, port: "1" }))
    expect(isSecretValue(name, value)).toBe(["redisUrl", "mongodbUrl", "jwtSecret"].includes(name));
});
