import { afterEach, expect, test, vi } from "vitest";
import { environmentName, flagName, settingCatalogue } from "../../../src/config/index.ts";
import { tellOfFlags, visibleSecrets, warnOfFlags } from "../../../src/roles/visible-secrets.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";

afterEach(() => vi.restoreAllMocks());

const secretNames = Object.entries(settingCatalogue).flatMap(([name, setting]) => ("secret" in setting ? [name] : []));

test.each(secretNames)("a warning names the variable and the file of a secret that came as a flag: %s", (name) => {
  const lines: object[] = [];
  const logger = { ...silentLogger, warn: (fields: object) => void lines.push(fields) };
  warnOfFlags({ [name]: "secret of a flag", port: "1" }, logger);
  const variable = environmentName(name);
  expect(lines).toEqual([{ flag: flagName(name), variable, file: `${variable}_FILE` }]);
});

test("secrets of the environment, and flags without a secret, are no reason for a warning", () => {
  const environment = { jwtSecret: "from the environment" };
  expect(visibleSecrets({ ...environment, port: "1", jwksUrl: "https://id.example.com/keys" }, environment)).toEqual(
    [],
  );
});

test("a flag with a URL that has user info is a secret too", () => {
  expect(visibleSecrets({ jwksUrl: "https://ada:pw@id.example.com/keys" }, {})).toMatchObject([{ flag: "--jwks-url" }]);
});

test("a tool says it on standard error, without the value", () => {
  const written: string[] = [];
  vi.spyOn(process.stderr, "write").mockImplementation((text) => written.push(String(text)) > 0);
  tellOfFlags({ jwtSecret: "secret of a flag" });
  expect(written).toEqual([
    "warning: --jwt-secret is visible in the process list; set WEIR_JWT_SECRET or WEIR_JWT_SECRET_FILE\n",
  ]);
});
