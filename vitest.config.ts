import { defineConfig } from "vitest/config";
import { laterTries, seedOfFailure, slowestFiles } from "./test/harness/reporters.ts";
import { pickRunSeed, seedEnvironment } from "./test/harness/run-seed.ts";

interface Project {
  readonly name: string;
  readonly timeoutMs: number;
  /** For what prepares tests and cleans up after them; 180,000 where nothing is said. */
  readonly hookTimeoutMs?: number;
  readonly load: keyof typeof loads;
  /** Runs once before the project's tests. */
  readonly globalSetup?: string;
  /** Files, where they are not all of the folder of its name. */
  readonly include?: readonly string[];
  readonly exclude?: readonly string[];
}

/** Proofs in test/system that measure the pace of the machine, or load it to what it can carry. */
const pressure = ["drain", "shed"].map((name) => `test/system/${name}.test.ts`);

/**
 * Kinds of tests by what they cost. They run one kind after the other. Tests that compute get a worker per core and share what they import, those
 * that mostly wait get more, those that break a loaded system share the machine by two, and those that measure its pace have it for themselves.
 */
const loads = {
  computes: { sequence: { groupOrder: 0 }, maxWorkers: 2, isolate: false },
  waits: { sequence: { groupOrder: 1 }, maxWorkers: 3 },
  breaks: { sequence: { groupOrder: 2 }, maxWorkers: 2 },
  measures: { sequence: { groupOrder: 3 }, maxWorkers: 1 },
} as const;

function project({ name, timeoutMs, hookTimeoutMs = 180_000, load, globalSetup, include, exclude }: Project): object {
  return {
    extends: true,
    test: {
      name,
      include: include ?? [`test/${name}/**/*.test.ts`],
      exclude: exclude ?? [],
      testTimeout: timeoutMs,
      hookTimeout: hookTimeoutMs,
      ...loads[load],
      ...(globalSetup === undefined ? {} : { globalSetup }),
    },
  };
}

/** Where to leave a machine-readable report, for a build server. */
const report = process.env["WEIR_TEST_REPORT"];
const seed = pickRunSeed();
const reporters = ["default", laterTries, slowestFiles, seedOfFailure(seed)] as const;

export default defineConfig({
  test: {
    pool: "forks",
    expect: { poll: { timeout: 15_000 } },
    setupFiles: ["test/harness/seed-properties.ts"],
    env: seedEnvironment(seed),
    reporters: report === undefined ? [...reporters] : [...reporters, ["json", { outputFile: report }]],
    projects: [
      project({ name: "unit", timeoutMs: 30_000, load: "computes" }),
      project({ name: "architecture", timeoutMs: 30_000, load: "computes" }),
      project({ name: "chart", timeoutMs: 60_000, load: "computes" }),
      project({ name: "contract", timeoutMs: 120_000, load: "waits" }),
      project({ name: "integration", timeoutMs: 120_000, load: "waits" }),
      project({ name: "browser", timeoutMs: 180_000, load: "waits" }),
      project({ name: "system", timeoutMs: 600_000, load: "breaks", exclude: pressure }),
      project({ name: "pressure", timeoutMs: 600_000, load: "measures", include: pressure }),
      // By `make verify-all` only: they take minutes at any size.
      project({ name: "verify", timeoutMs: 1_800_000, load: "measures" }),
      // After `make load-smoke` only, which installs Artillery.
      project({ name: "load", timeoutMs: 180_000, load: "measures" }),
      // By `make test-cluster` only: it needs a cluster.
      project({
        name: "cluster",
        timeoutMs: 300_000,
        hookTimeoutMs: 600_000,
        load: "measures",
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
