import { mkdir, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { bundleScenario, scenarioNames } from "./bundled-loadtests.ts";

/* Writes each scenario of loadtests/scenarios into dist/loadtests, as one file that k6 runs. */

const target = fileURLToPath(new URL("../dist/loadtests/", import.meta.url));

await mkdir(target, { recursive: true });
for (const name of scenarioNames()) await writeFile(`${target}${name}.js`, (await bundleScenario(name)).text);
