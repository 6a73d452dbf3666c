/* `make verify-all`: every step, also after a failed one; then a summary, which docs/verification.md keeps. Exits with 1 where a step failed. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { createWriteStream, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Type } from "typebox";
import { Value } from "typebox/value";
import { pickRunSeed, seedEnvironment } from "../test/harness/run-seed.ts";
import { duration } from "./verification-page.ts";
import { lastRunFile, type StepResult, type VerificationRun } from "./verification-run.ts";
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

async function take({ name, command, needs }: VerificationStep): Promise<StepResult> {
  if (needs !== undefined && !process.env[needs]) return { name, result: "not run", seconds: 0 };
  console.log(`\n== ${name}: ${command}`);
  const place = join(logs, name.replaceAll(" ", "-"));
  const from = performance.now();
  const result = (await passes(command, `${place}.log`, `${place}.json`)) ? "passed" : "failed";
  const seconds = Math.round((performance.now() - from) / 1_000);
  console.log(`== ${name}: ${result} after ${duration(seconds)}`);
  return { name, result, seconds, ...testsOf(`${place}.json`) };
}

function commit(): string {
  return execFileSync("git", ["describe", "--always", "--abbrev=40", "--dirty", "--exclude", "*"], {
    encoding: "utf8",
  }).trim();
}

function summarize({ steps, seconds }: VerificationRun): void {
  console.log(`\nlogs and reports: ${logs}`);
  for (const { name, result, seconds: took } of steps)
    console.log(`${duration(took).padStart(13)}  ${name}: ${result}`);
  console.log(`${duration(seconds).padStart(13)}  in all`);
}

const begun = { commit: commit(), date: new Date().toISOString(), from: performance.now() };
const steps: StepResult[] = [];
for (const step of verificationSteps) steps.push(await take(step));
const run: VerificationRun = {
  commit: begun.commit,
  date: begun.date,
  seconds: Math.round((performance.now() - begun.from) / 1_000),
  seed,
  steps,
};
writeFileSync(lastRunFile, `${JSON.stringify(run, undefined, 2)}\n`);
execFileSync(process.execPath, ["scripts/generate-docs.ts"], { stdio: "inherit" });
summarize(run);
if (steps.some(({ result }) => result === "failed")) process.exitCode = 1;
