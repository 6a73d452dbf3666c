/*
 * `make verify-all`: every step, or those that STEPS names, also after a failed one. docs/verification.md keeps the results.
 * Exits with 1 where a step failed.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { pickRunSeed, seedEnvironment } from "../test/harness/run-seed.ts";
import { duration } from "./verification-page.ts";
import { readResults, resultsFile, type StepResult } from "./verification-run.ts";
import { type VerificationStep, verificationSteps } from "./verification-steps.ts";

const countsSchema = Type.Object({ numPassedTests: Type.Number(), numFailedTests: Type.Number() });
const logs = mkdtempSync(join(tmpdir(), "weir-verify-"));
const seed = pickRunSeed();

/** The counts of a step that left a report of tests. */
function testsOf(report: string): Pick<StepResult, "tests"> {
  if (!existsSync(report)) return {};
  const counts = Value.Parse(countsSchema, JSON.parse(readFileSync(report, "utf8")));
  return { tests: { passed: counts.numPassedTests, failed: counts.numFailedTests } };
}

/** Runs a command; what it prints goes to the terminal and to a file. */
async function passes(command: string, log: string, report: string): Promise<boolean> {
  const env = { ...process.env, ...seedEnvironment(seed), WEIR_TEST_REPORT: report };
  const child = spawn("sh", ["-c", command], { env, stdio: ["ignore", "pipe", "pipe"] });
  const file = createWriteStream(log);
  for (const stream of [child.stdout, child.stderr]) {
    stream.pipe(process.stdout, { end: false });
    stream.pipe(file, { end: false });
  }
  await once(child, "close");
  file.end();
  return child.exitCode === 0;
}

function commit(): string {
  return execFileSync("git", ["describe", "--always", "--abbrev=40", "--dirty", "--exclude", "*"], {
    encoding: "utf8",
  }).trim();
}

const begun = { commit: commit(), seed };

async function take({ name, command, needs }: VerificationStep): Promise<StepResult> {
  const date = new Date().toISOString();
  if (needs !== undefined && !process.env[needs]) return { ...begun, name, date, result: "not run", seconds: 0 };
  console.log(`\n== ${name}: ${command}`);
  const place = join(logs, name.replaceAll(" ", "-"));
  const from = performance.now();
  const result = (await passes(command, `${place}.log`, `${place}.json`)) ? "passed" : "failed";
  const seconds = Math.round((performance.now() - from) / 1_000);
  console.log(`== ${name}: ${result} after ${duration(seconds)}`);
  return { ...begun, name, date, result, seconds, ...testsOf(`${place}.json`) };
}

/** The steps that STEPS names, words of it separated by commas; all where it is empty. */
function chosenSteps(): readonly VerificationStep[] {
  const names = (process.env["STEPS"] ?? "").split(",").filter((name) => name !== "");
  const unknown = names.filter((name) => verificationSteps.every((step) => step.name !== name));
  if (unknown.length > 0) throw new Error(`STEPS names no step: ${unknown.join(", ")}`);
  return verificationSteps.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** Writes after each step, so that a run that is interrupted keeps what it has proven. */
function keep(result: StepResult): void {
  const others = readResults().filter(({ name }) => name !== result.name);
  const names = verificationSteps.map(({ name }) => name);
  const results = [...others, result].sort((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
  writeFileSync(resultsFile, `${JSON.stringify(results, undefined, 2)}\n`);
  execFileSync(process.execPath, ["scripts/generate-docs.ts"], { stdio: "inherit" });
}

const results: StepResult[] = [];
for (const step of chosenSteps()) {
  const result = await take(step);
  if (result.result !== "not run") keep(result);
  results.push(result);
}
console.log(`\nlogs and reports: ${logs}`);
for (const { name, result, seconds } of results) console.log(`${duration(seconds).padStart(13)}  ${name}: ${result}`);
if (results.some(({ result }) => result === "failed")) process.exitCode = 1;
