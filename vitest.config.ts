import { defineConfig } from "vitest/config";
import type { Reporter, TestCase } from "vitest/node";

interface Project {
  readonly name: string;
  readonly timeoutMs: number;
  /** For what prepares tests and cleans up after them; 180,000 where nothing is said. */
  readonly hookTimeoutMs?: number;
  /** Groups run one after the other, so that what loads the machine has it for itself. */
  readonly group: number;
  readonly alone?: true;
  /** Runs once before the project's tests. */
  readonly globalSetup?: string;
}

function project({ name, timeoutMs, hookTimeoutMs = 180_000, group, alone, globalSetup }: Project): object {
  return {
    extends: true,
    test: {
      name,
      include: [`test/${name}/**/*.test.ts`],
      testTimeout: timeoutMs,
      hookTimeout: hookTimeoutMs,
      sequence: { groupOrder: group },
      ...(alone === true ? { maxWorkers: 1 } : {}),
      ...(globalSetup === undefined ? {} : { globalSetup }),
    },
  };
}

/** Where to leave a machine-readable report, for a build server. */
const report = process.env["WEIR_TEST_REPORT"];
/** Further tries of a test that failed: for a build server, whose neighbours may stall it. */
const retry = Number(process.env["WEIR_TEST_RETRY"] ?? 0);

/** Names each test that failed before it passed, with the reason: such a one is to be looked at. */
const laterTries: Reporter = {
  onTestCaseResult(test: TestCase): void {
    const failures = test.diagnostic()?.retryCount ?? 0;
    if (test.result().state !== "passed" || failures === 0) return;
    process.stdout.write(`PASSED ON TRY ${failures + 1}: ${test.fullName}: ${test.result().errors?.[0]?.message}\n`);
  },
};

export default defineConfig({
  test: {
    pool: "forks",
    expect: { poll: { timeout: 15_000 } },
    retry,
    reporters:
      report === undefined ? ["default", laterTries] : ["default", laterTries, ["json", { outputFile: report }]],
    projects: [
      project({ name: "unit", timeoutMs: 30_000, group: 0 }),
      project({ name: "architecture", timeoutMs: 30_000, group: 0 }),
      project({ name: "chart", timeoutMs: 60_000, group: 1 }),
      project({ name: "contract", timeoutMs: 120_000, group: 1 }),
      project({ name: "integration", timeoutMs: 120_000, group: 2 }),
      project({ name: "browser", timeoutMs: 180_000, group: 3, alone: true }),
      project({ name: "system", timeoutMs: 600_000, group: 4, alone: true }),
      // After `make load-smoke` only, which installs Artillery.
      project({ name: "load", timeoutMs: 180_000, group: 4, alone: true }),
      // By `make test-cluster` only: it needs a cluster.
      project({
        name: "cluster",
        timeoutMs: 300_000,
        hookTimeoutMs: 600_000,
        group: 5,
        alone: true,
        globalSetup: "test/harness/cluster-setup.ts",
      }),
    ],
    coverage: {
      provider: "v8",
      // Folders and files that decide and touch nothing; what does is measured by the proofs.
      include: [
        ...["kernel", "chat", "protocol", "config", "leadership"].map((folder) => `src/${folder}/**`),
        "src/gateway/{admission,batch-window,contiguous,history-page,load-level,shed,slow-consumer}.ts",
        "src/flusher/{plan-batch,retry-policy}.ts",
        "src/controller/deletion-cost/decide-costs.ts",
        "src/controller/platform/{conditions,observation,settle}.ts",
        "src/controller/metrics-api/{connections-metric,label-selector}.ts",
        "src/controller/policies/*.ts",
      ],
      thresholds: { lines: 99, functions: 99, branches: 97, statements: 99 },
    },
  },
});
