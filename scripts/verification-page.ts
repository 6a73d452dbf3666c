import { readLastRun, type StepResult, type VerificationRun } from "./verification-run.ts";
import { verificationSteps } from "./verification-steps.ts";

/** Writes a duration as minutes and seconds. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

function outcome({ result, tests }: StepResult): string {
  return tests === undefined ? result : `${result}: ${tests.passed} tests passed, ${tests.failed} failed`;
}

function rowOf(run: VerificationRun | undefined): (step: (typeof verificationSteps)[number]) => string {
  return ({ name, proves, command, needs }) => {
    const last = run?.steps.find((step) => step.name === name);
    const how = needs === undefined ? `\`${command}\`` : `\`${command}\` with \`${needs}\``;
    const cells = [name, proves, how, last === undefined ? "not run" : outcome(last), last && duration(last.seconds)];
    return `| ${cells.join(" | ")} |`;
  };
}

function summary(run: VerificationRun | undefined): string {
  if (run === undefined) return "There is no last run.";
  return `Last run: commit \`${run.commit}\`, ${run.date}, ${duration(run.seconds)}, seed ${run.seed}.`;
}

/** Composes docs/verification.md from the steps and the last run. */
export function verificationPage(notice: string): string {
  const run = readLastRun();
  return `# Verification

${notice}

For contributors and for operators who want to know what a release was tried with. \`make verify-all\` runs every proof at full size, one step after the other, goes on after a failed one, and writes its results here.
\`SEEDS=20 make verify-all\` takes more seeds for the fault runs; \`WEIR_TEST_SEED\` repeats a run. It runs on Debian with two cores in some hours, and needs a cluster for its last step:
see [the suite on a cluster](operations/kubernetes.md#the-suite-on-a-cluster).

${summary(run)}

| step | what it proves | alone | last result | time |
| --- | --- | --- | --- | --- |
${verificationSteps.map(rowOf(run)).join("\n")}
`;
}
