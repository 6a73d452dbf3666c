import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { bundleScenario, scenarioNames } from "./bundled-loadtests.ts";

/* `make load`: one scenario by the k6 of the PATH, with k6's own page of plots as REPORT where that is given. See docs/load-testing.md. */

const { SCENARIO: scenario = "steady", REPORT: report, URL: url } = process.env;
const { WEIR_JWT_SECRET_FILE: secretFile, WEIR_JWT_SECRET: given } = process.env;

function fail(line: string): never {
  console.error(line);
  process.exit(2);
}

if (!scenarioNames().includes(scenario)) fail(`no scenario ${scenario}: there are ${scenarioNames().join(", ")}`);
if (url === undefined || url === "") fail("URL is not set: where the gateways are, as in URL=http://127.0.0.1:3000");
const secret = secretFile === undefined ? given : readFileSync(secretFile, "utf8").trim();
if (secret === undefined || secret === "")
  fail("WEIR_JWT_SECRET or WEIR_JWT_SECRET_FILE is not set: what the gateways check tokens with");
const found = spawnSync("k6", ["version"], { encoding: "utf8" });
if (found.error !== undefined)
  fail("k6 is not on the PATH; install k6 2.2 or newer: https://grafana.com/docs/k6/latest/set-up/install-k6/");

const folder = fileURLToPath(new URL("../dist/loadtests/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(`${folder}${scenario}.js`, (await bundleScenario(scenario)).text);
const { status } = spawnSync("k6", ["run", "--include-system-env-vars", `${folder}${scenario}.js`], {
  stdio: "inherit",
  env: {
    ...process.env,
    WEIR_JWT_SECRET: secret,
    ...(report === undefined ? {} : { K6_WEB_DASHBOARD: "true", K6_WEB_DASHBOARD_EXPORT: report }),
  },
});
process.exitCode = status ?? 1;
