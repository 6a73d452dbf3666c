/*
 * `make load-smoke`: the scenarios with Artillery, that is with the real client, against `npm start`, or against a running server where
 * URL, OPS_URL and WEIR_JWT_SECRET say which. Prints a table, and exits with 1 where anything was lost, came twice or out of order.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Column, table } from "../lib/report.ts";
import { faultsOf } from "../lib/verdict.ts";
import { installArtillery } from "./install.ts";
import { npmStart } from "./npm-start.ts";
import { runScenario } from "./run-scenario.ts";
import { readScenario, type ScenarioName, scenarioNames } from "./scenario.ts";
import { createTarget, type Target, type TargetOptions } from "./target.ts";

const { URL: url, OPS_URL: opsUrl, WEIR_JWT_SECRET: secret } = process.env;

function chosen(names: readonly string[]): readonly ScenarioName[] {
  const unknown = names.filter((name) => !scenarioNames.some((known) => known === name));
  if (unknown.length > 0) throw new Error(`no scenario ${unknown.join(", ")}: there are ${scenarioNames.join(", ")}`);
  return scenarioNames.filter((name) => names.length === 0 || names.includes(name));
}

/** A server that is not ours to stop. */
function given(): (TargetOptions & AsyncDisposable) | undefined {
  if (url === undefined || url === "") return undefined;
  if (!opsUrl || !secret) throw new Error("with URL, give OPS_URL and WEIR_JWT_SECRET too");
  return { url, opsUrl, secret, [Symbol.asyncDispose]: () => Promise.resolve() };
}

async function run(names: readonly ScenarioName[], target: Target, work: string): Promise<readonly string[]> {
  const columns: Column[] = [];
  const faults: string[] = [];
  for (const name of names) {
    const { figures, verdict, errors } = await runScenario(readScenario(name), target, work);
    columns.push({ title: name, figures });
    for (const error of errors) console.log(`${name}: ${error}`);
    faults.push(...faultsOf(verdict).map((fault) => `${name}: ${fault}`));
  }
  console.log(`\n${table(columns)}\n`);
  return faults;
}

const names = chosen(process.argv.slice(2));
const running = given();
installArtillery();
const work = mkdtempSync(join(tmpdir(), "weir-load-"));
// What is started ends with this.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
try {
  await using server = running === undefined ? await npmStart(join(work, "data")) : running;
  const faults = await run(names, createTarget(server), work);
  for (const fault of faults) console.error(`FAULT: ${fault}`);
  if (faults.length > 0) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
