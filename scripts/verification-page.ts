import { readResults, type StepResult } from "./verification-run.ts";
import { verificationSteps } from "./verification-steps.ts";

/** Writes a duration as minutes and seconds. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function outcome({ result, tests }: StepResult): string {
  return tests === undefined ? result : `${result}: ${tests.passed} tests passed, ${tests.failed} failed`;
}

function rowOf(results: readonly StepResult[]): (step: (typeof verificationSteps)[number]) => string {
  return ({ name, proves, command, needs }) => {
    const last = results.find((step) => step.name === name);
    const how = needs === undefined ? `\`${command}\`` : `\`${command}\` with \`${needs}\``;
    return `| ${[name, proves, how, ...lastCells(last)].join(" | ")} |`;
  };
}

function lastCells(last: StepResult | undefined): string[] {
  if (last === undefined) return ["not run", "", "", ""];
  const { commit, date, seconds, seed } = last;
  return [
    outcome(last),
    duration(seconds),
    `\`${commit.replace(/^(.{9})[0-9a-f]{31}/, "$1")}\`, ${date.slice(0, 16)}Z`,
    String(seed),
  ];
}

/** Composes docs/verification.md from the steps and the last run. */
export function verificationPage(notice: string): string {
  return `# Verification

${notice}

For contributors and for operators who want to know what a release was tried with. \`make verify-all\` runs every proof at full size, one step after the other, goes on after a failed one, and writes its results here.
\`STEPS="faults,system" make verify-all\` runs these steps alone and keeps the results of the others: a step's row names the commit on which it last ran.
\`SEEDS=20 make verify-all\` takes more seeds for the fault runs; \`WEIR_TEST_SEED\` repeats a run. It runs on Debian with two cores in some hours, and needs a cluster for its last step:
see [the suite on a cluster](operations/kubernetes.md#the-suite-on-a-cluster).

| step | what it proves | alone | last result | time | commit, begun | seed |
| --- | --- | --- | --- | --- | --- | --- |
${verificationSteps.map(rowOf(readResults())).join("\n")}
`;
}
