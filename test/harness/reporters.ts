import type { Reporter, TestCase, TestModule } from "vitest/node";
import { howToRepeat } from "./run-seed.ts";

const slowestCount = 10;

function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** Names each test that failed before it passed, with the reason: such a one is to be looked at. */
export const laterTries: Reporter = {
  onTestCaseResult(test: TestCase): void {
    const failures = test.diagnostic()?.retryCount ?? 0;
    if (test.result().state !== "passed" || failures === 0) return;
    print(`PASSED ON TRY ${failures + 1}: ${test.fullName}: ${test.result().errors?.[0]?.message}`);
  },
};

interface Timed {
  readonly file: string;
  readonly seconds: number;
}

/** A file's time from its import to its last hook. */
function timeOf(module: TestModule): Timed {
  const { collectDuration, setupDuration, duration } = module.diagnostic();
  return { file: module.relativeModuleId, seconds: (collectDuration + setupDuration + duration) / 1_000 };
}

/** Prints the files that took longest, so that a file that grows is seen. */
export const slowestFiles: Reporter = {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const slowest = modules.map(timeOf).sort((a, b) => b.seconds - a.seconds);
    if (slowest.length < 2) return;
    print(`\nThe slowest of ${modules.length} test files:`);
    for (const { file, seconds } of slowest.slice(0, slowestCount))
      print(`${seconds.toFixed(1).padStart(7)} s  ${file}`);
  },
};

/** Prints the seed of a run that failed. */
export function seedOfFailure(seed: number): Reporter {
  return {
    onTestRunEnd(_modules, errors, reason): void {
      if (reason !== "passed" || errors.length > 0) print(`\n${howToRepeat(seed)}`);
    },
  };
}
