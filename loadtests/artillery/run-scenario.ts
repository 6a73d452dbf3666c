import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isObject } from "../../test/harness/load-wire.ts";
import { serverFigures } from "../lib/exposition.ts";
import { type Figures, figuresOf } from "../lib/report.ts";
import type { Verdict } from "../lib/verdict.ts";
import { artillery, folder } from "./install.ts";
import { readResult, resultEnvironment } from "./run-result.ts";
import type { Scenario } from "./scenario.ts";
import type { Target } from "./target.ts";

export interface ScenarioRun {
  readonly figures: Figures;
  readonly verdict: Verdict;
  /** What went wrong for virtual users, by Artillery's count; refused handshakes are among it. */
  readonly errors: readonly string[];
}

/** Longer than any of the scenarios takes, also where everything waits for its time to be over, ms. */
const runWithinMs = 120_000;

/** @param work a folder for what the run leaves behind @throws with Artillery's last words where it does not come to its end */
export async function runScenario(scenario: Scenario, target: Target, work: string): Promise<ScenarioRun> {
  const files = {
    members: join(work, `${scenario.name}.csv`),
    result: join(work, `${scenario.name}.result.json`),
    report: join(work, `${scenario.name}.report.json`),
  };
  writeFileSync(files.members, await membersOf(scenario, target));
  const [before, from] = [await target.metrics(), performance.now()];
  await runArtillery(scenario, target, files);
  if (!existsSync(files.result))
    throw new Error(`no virtual user of ${scenario.name} came to the end: ${errorsIn(files.report).join("; ")}`);
  const server = serverFigures(before, await target.metrics(), (performance.now() - from) / 1_000);
  const { verdict, handshakes } = readResult(files.result);
  return { verdict, figures: figuresOf(verdict, { ...handshakes, server }), errors: errorsIn(files.report) };
}

/** Lines of `member,room,token`; every run has rooms of its own. */
async function membersOf({ name, members, membersPerRoom }: Scenario, target: Target): Promise<string> {
  const run = `${name}-${Date.now().toString(36)}`;
  const lines = Array.from({ length: members }, async (_, n) => {
    const member = `${run}-${n}`;
    return `${member},load:${run}:${Math.floor(n / membersPerRoom)},${await target.token(member)}\n`;
  });
  return (await Promise.all(lines)).join("");
}

async function runArtillery(
  scenario: Scenario,
  { url }: Target,
  files: { readonly members: string; readonly result: string; readonly report: string },
): Promise<void> {
  const payload = [{ path: files.members, fields: ["member", "room", "token"], order: "sequence" }];
  const overrides = JSON.stringify({ config: { target: `${url}/chat`, payload } });
  const child = spawn(
    process.execPath,
    [artillery, "run", "--overrides", overrides, "--output", files.report, scenario.path],
    {
      cwd: folder,
      env: {
        ...process.env,
        ARTILLERY_DISABLE_TELEMETRY: "true",
        ...resultEnvironment(files.result, scenario.members),
      },
      stdio: ["ignore", "pipe", "pipe"],
      timeout: runWithinMs,
    },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (output += String(chunk)));
  await once(child, "close");
  if (child.exitCode !== 0)
    throw new Error(`Artillery ended with ${child.signalCode ?? child.exitCode}:\n${output.slice(-4_000)}`);
}

function errorsIn(path: string): string[] {
  const report: unknown = JSON.parse(readFileSync(path, "utf8"));
  const aggregate = isObject(report) ? report["aggregate"] : undefined;
  const counters = isObject(aggregate) && isObject(aggregate["counters"]) ? aggregate["counters"] : {};
  const failed = Object.entries(counters).filter(([name, count]) => name.startsWith("errors.") && Number(count) > 0);
  return failed.map(([name, count]) => `${String(count)} virtual users: ${name.slice("errors.".length)}`);
}
