import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  compileSettings,
  describeSettings,
  environmentName,
  flagName,
  loadEnvironment,
  settingCatalogue,
  unknownNames,
} from "../../../src/config/index.ts";
import { calmLoad, followLoad } from "../../../src/gateway/load-level.ts";
import { rulesOf } from "../../../src/roles/process-load.ts";

const gateway = { redisUrl: "redis://r", mongodbUrl: "mongodb://m/weir", jwtSecret: "s".repeat(32) };

test("defaults are compiled to units the program uses", () => {
  const settings = compileSettings(gateway, "gateway");
  expect(settings).toMatchObject({
    port: 3_000,
    flushLinger: 100,
    textMaxBytes: 8_192,
    transports: ["websocket", "polling"],
    defaultGrant: [],
  });
  expect(settings.jwksUrl).toBeUndefined();
  expect(Object.isFrozen(settings)).toBe(true);
});

test("all-in-one is for development: loopback, pages of its ports, and everyone may read and write", () => {
  expect(compileSettings({}, "all-in-one")).toMatchObject({
    host: "127.0.0.1",
    allowedOrigins: ["http://localhost:*", "https://localhost:*", "http://127.0.0.1:*", "http://[::1]:*"],
    defaultGrant: [{ room: "**", can: ["read", "write"] }],
  });
  expect(compileSettings(loadEnvironment({}), "all-in-one").host).toBe("127.0.0.1");
  expect(compileSettings({ host: "0.0.0.0" }, "all-in-one").host).toBe("0.0.0.0");
});

test.each([
  [{ port: "70000" }, 'WEIR_PORT: "70000" is not valid; allowed: a whole number from 0 to 65535'],
  [
    { flushLinger: "100" },
    'WEIR_FLUSH_LINGER: "100" is not valid; allowed: a duration such as 500ms, 10s or 5m, from 0ms to 60000ms',
  ],
  [{ textMaxBytes: "1MB" }, 'WEIR_TEXT_MAX_BYTES: "1MB" is not valid'],
  [{ redisUrl: "http://user:hunter2@r" }, "WEIR_REDIS_URL: (secret) is not valid; allowed: redis://…"],
  [
    { redisUrl: "redis+sentinel://:hunter2@a:1,b:2/main" },
    "WEIR_REDIS_URL is not valid: redis+sentinel:// is not supported yet; name an address that always leads to the primary; allowed: redis://…, rediss://…",
  ],
  [{ redisUrl: "redis+cluster://a:1,b:2" }, "WEIR_REDIS_URL is not valid: redis+cluster:// is not supported yet"],
  [{ transports: "websocket,smoke" }, 'WEIR_TRANSPORTS: "websocket,smoke" is not valid'],
  [{ logLevel: "loud" }, 'WEIR_LOG_LEVEL: "loud" is not valid; allowed: debug or info'],
  [{ dataDir: "" }, 'WEIR_DATA_DIR: "" is not valid'],
  [
    { allowedOrigins: "https://a.example.com, https://app.example.com/" },
    'WEIR_ALLOWED_ORIGINS is not valid: "https://app.example.com/" is no origin: write https://app.example.com; allowed: a comma-separated list',
  ],
  [{ allowedOrigins: "https://App.example.com:443" }, "write https://app.example.com;"],
  [{ allowedOrigins: "*" }, 'WEIR_ALLOWED_ORIGINS is not valid: "*" is no origin: * stands for one label of a host'],
  [
    { allowedOrigins: "null, https://*.com" },
    'WEIR_ALLOWED_ORIGINS is not valid: "https://*.com" is no origin: * stands',
  ],
  [{ jwksUrl: "https://a b" }, 'WEIR_JWKS_URL: "https://a b" is not valid; allowed: https://…'],
  [{ jwksUrl: "redis://a" }, 'WEIR_JWKS_URL: "redis://a" is not valid; allowed: https://…'],
  [{ defaultGrant: "{" }, "WEIR_DEFAULT_GRANT"],
  [{ defaultGrant: "[]" }, "WEIR_DEFAULT_GRANT"],
  [{ defaultGrant: "null" }, "WEIR_DEFAULT_GRANT"],
  [{ defaultGrant: '{"a":"read"}' }, "WEIR_DEFAULT_GRANT"],
  [{ defaultGrant: '{"a":["fly"]}' }, "WEIR_DEFAULT_GRANT"],
  [{ defaultGrant: '{"a":[1]}' }, "WEIR_DEFAULT_GRANT"],
  [
    { defaultGrant: '{"lobby":["read"],"**:news":["write"]}' },
    'WEIR_DEFAULT_GRANT is not valid: "**:news" is no pattern of rooms, which has ** only as its whole last segment',
  ],
  [{ defaultGrant: '{"team *":["read"]}' }, 'WEIR_DEFAULT_GRANT is not valid: "team *" is no pattern of rooms'],
])("%j stops the program with the name, the value and what is allowed", (raw, message) => {
  expect(() => compileSettings({ ...gateway, ...raw }, "gateway")).toThrow(message);
});

test("only URLs that work are listed as allowed", () => {
  const { allowed, parse } = settingCatalogue.redisUrl.kind;
  for (const scheme of allowed.split(", ")) expect(parse(scheme)).toBe(scheme);
  expect(allowed).not.toMatch(/sentinel|cluster/);
});

test("origins are taken as browsers send them", () => {
  const { allowedOrigins } = compileSettings(
    { ...gateway, allowedOrigins: "https://app.example.com, https://*.example.com,capacitor://localhost, null" },
    "gateway",
  );
  expect(allowedOrigins).toEqual(["https://app.example.com", "https://*.example.com", "capacitor://localhost", "null"]);
});

test("a laptop that is busy for a fifth of a second refuses nobody, a gateway in production does", () => {
  const levelOf = (role: "all-in-one" | "gateway"): number => {
    const rules = rulesOf(compileSettings(gateway, role).shedLoopDelay);
    let state = calmLoad;
    for (let i = 0; i < 10; i++) state = followLoad(rules, state, { loopDelayMs: 200, loopBusy: 0.5, memory: 0.1 });
    return state.loopDelayMs.level;
  };
  expect([levelOf("all-in-one"), levelOf("gateway")]).toEqual([0, 2]);
});

test("the secret before is no key by itself", () => {
  const { jwtSecret, ...keyless } = gateway;
  expect(() => compileSettings({ ...keyless, jwtSecretPrevious: jwtSecret }, "gateway")).toThrow(
    "no key to check tokens",
  );
  for (const key of [{ jwtSecret }, { jwtPublicKey: "PEM" }, { jwksUrl: "https://id.example/keys" }])
    expect(() => compileSettings({ ...keyless, ...key }, "gateway")).not.toThrow();
});

test("a certificate and its key are set together or not at all", () => {
  const pair = { customMetricsTlsCert: "/tls/tls.crt", customMetricsTlsKey: "/tls/tls.key" };
  expect(compileSettings({ ...gateway, ...pair }, "controller")).toMatchObject(pair);
  for (const [name, path] of Object.entries(pair))
    expect(() => compileSettings({ ...gateway, [name]: path }, "controller")).toThrow("set both or neither");
});

test("a role says what it misses", () => {
  expect(() => compileSettings({}, "gateway")).toThrow(
    "WEIR_REDIS_URL is not set; weir gateway needs it; allowed: redis://…",
  );
  expect(() => compileSettings({ ...gateway, jwtSecret: undefined }, "gateway")).toThrow("no key to check tokens with");
  expect(() => compileSettings({ redisUrl: "redis://r" }, "all-in-one")).toThrow("go together");
  expect(() => compileSettings({ workers: "2" }, "all-in-one")).toThrow("WEIR_WORKERS: all-in-one is one process");
});

test("secrets are hidden where settings are shown", () => {
  const shown = describeSettings(compileSettings({ ...gateway, jwtSecretPrevious: "s".repeat(33) }, "gateway"));
  expect(shown).toMatchObject({
    WEIR_REDIS_URL: "(set, hidden)",
    WEIR_JWT_SECRET: "(set, hidden)",
    WEIR_JWT_SECRET_PREVIOUS: "(set, hidden)",
    WEIR_PORT: 3_000,
    WEIR_JWKS_URL: null,
  });
  expect(JSON.stringify(shown)).not.toContain("ssss");
});

test("one name has two spellings", () => {
  expect(environmentName("jwtPublicKey")).toBe("WEIR_JWT_PUBLIC_KEY");
  expect(flagName("jwtPublicKey")).toBe("--jwt-public-key");
});

test("a mounted file gives a value without its final line break", () => {
  const dir = mkdtempSync(join(tmpdir(), "weir-config-"));
  try {
    writeFileSync(join(dir, "secret"), "hunter2\n");
    expect(loadEnvironment({ WEIR_JWT_SECRET_FILE: join(dir, "secret"), WEIR_PORT: "1" })).toMatchObject({
      jwtSecret: "hunter2",
      port: "1",
    });
    expect(() => loadEnvironment({ WEIR_JWT_SECRET_FILE: join(dir, "none") })).toThrow("can't be read");
    expect(() => loadEnvironment({ WEIR_PORT: "1", WEIR_PORT_FILE: "x" })).toThrow("both set");
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test("a misspelt name is found", () => {
  expect(unknownNames({ WEIR_REDIS: "x", WEIR_PORT: "1", WEIR_PORT_FILE: "x", HOME: "/" })).toEqual(["WEIR_REDIS"]);
});
