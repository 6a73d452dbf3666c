/** One step of `make verify-all`. */
export interface VerificationStep {
  readonly name: string;
  /** What is known when it has passed. */
  readonly proves: string;
  /** For a shell at the root of the clone. */
  readonly command: string;
  /** Variable without which there is nothing to run it on. */
  readonly needs?: string;
}

const full = "WEIR_TEST_SIZE=full";
/** Files of test/verify that break what a deployment stands on. */
const failures = ["failover", "redis-faults", "store-faults", "clocks"];

/** In this order; a failed one does not keep the others from running. */
export const verificationSteps: readonly VerificationStep[] = [
  {
    name: "check",
    proves: "Format, lint, types, dead code and layers are those of the house.",
    command: "npm run --silent check",
  },
  {
    name: "generated",
    proves: "Documents, dashboards, manifests and resource definitions are those that the source makes.",
    command: "make --no-print-directory verify",
  },
  {
    name: "tests",
    proves: "The README's test command passes at the usual sizes.",
    command: "npm test",
  },
  {
    name: "faults",
    proves:
      "Under each fault, at 20,000 sends with each of several seeds, no acknowledged message is lost, doubled or out of place.",
    command: `${full} SEEDS=\${SEEDS:-5} vitest run --project system test/system/faults`,
  },
  {
    name: "system",
    proves: "The other proofs at full size: drains of 4,000, outages of a minute and more.",
    command: `${full} vitest run --project system --project pressure --exclude 'test/system/faults*'`,
  },
  {
    name: "hostile frames",
    proves: "300,000 hostile frames neither end a gateway nor grow its memory.",
    command: `${full} vitest run --project integration test/integration/hostile-volume.test.ts`,
  },
  {
    name: "failures",
    proves:
      "At each tier, failovers, an ill Redis, an ill database, one-way links and clocks that jump lose and double no more than the tier allows.",
    command: `${full} vitest run --project verify ${failures.map((name) => `test/verify/${name}`).join(" ")}`,
  },
  {
    name: "long proofs",
    proves: "What takes long at any size holds too: storms of 4,000, stuck readers, the canary, alerts under faults.",
    command: `${full} vitest run --project verify ${failures.map((name) => `--exclude 'test/verify/${name}*'`).join(" ")}`,
  },
  {
    name: "mutants",
    proves: "The tests notice nearly all of the small changes that are planted one at a time.",
    command: "make --no-print-directory mutants",
  },
  {
    name: "load",
    proves: "`npm start` loses, doubles and disorders nothing under Artillery with the real client.",
    command: "npm run --silent load-smoke",
  },
  {
    name: "load with flaws",
    proves: "The load test fails on a server that drops, forgets, repeats or swaps messages.",
    command: "vitest run --project load",
  },
  {
    name: "cluster",
    proves:
      "The chart installs, upgrades, scales, survives pods and nodes that die, and uninstalls, on a real cluster.",
    command: "vitest run --project cluster",
    needs: "KUBECONFIG",
  },
];
