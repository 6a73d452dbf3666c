import { mutants as all } from "./list/index.ts";
import type { Mutant } from "./mutant.ts";
import { wholeStages } from "./suites.ts";
import { Trial, testsOf } from "./trial.ts";

/*
 * Plants each change of the list in a copy of the repository, one at a time, runs the tests of the changed file, and prints the
 * share that they noticed. Arguments restrict the run to changes whose file or rule contains one of them. Exits with 1 below the goals.
 */

/** Shares that must be noticed. */
const goals = { overall: 0.9, folder: 0.85 } as const;
/** Copies that work side by side. */
const copies = Number(process.env["MUTANT_WORKERS"] ?? 2);

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

function minutesSince(start: number): string {
  return `${((performance.now() - start) / 60_000).toFixed(1)} minutes`;
}

interface Result {
  readonly mutant: Mutant;
  readonly noticed: boolean;
}

/** Works through the items with as many workers as there are trials. */
async function overAll<T>(
  trials: readonly Trial[],
  items: readonly T[],
  work: (trial: Trial, item: T) => Promise<void>,
) {
  const rest = items.values();
  await Promise.all(
    trials.map(async (trial) => {
      for (const item of rest) await work(trial, item);
    }),
  );
}

/** Fails where tests fail without any change: then a failure would prove nothing. */
async function checkTests(trials: readonly Trial[], chosen: readonly Mutant[]): Promise<void> {
  await overAll(trials, wholeStages(chosen.flatMap(testsOf)), async (trial, stage) => {
    const failure = await trial.failureOf([stage]);
    if (failure === undefined) return;
    throw new Error(`without a change, these tests ${failure.how}: ${failure.stage.join(" ")}`);
  });
}

async function tryAll(trials: readonly Trial[], chosen: readonly Mutant[], startedAt: number): Promise<Result[]> {
  const results: Result[] = [];
  await overAll(trials, chosen, async (trial, mutant) => {
    const noticed = await trial.notices(mutant);
    results.push({ mutant, noticed });
    const { file, find, replace, rule } = mutant;
    if (!noticed) print(`NOT NOTICED: ${file}: ${rule}\n  - ${find}\n  + ${replace}`);
    if (results.length % 10 === 0) print(`${results.length} of ${chosen.length} tried in ${minutesSince(startedAt)}`);
  });
  return results;
}

/** `src/gateway`, `src/adapters/redis`; scripts have a row of their own. */
function folderOf(file: string): string {
  if (file.endsWith(".lua")) return "scripts/*.lua";
  const parts = file.split("/");
  return parts.slice(0, parts[1] === "adapters" ? 3 : 2).join("/");
}

function share(results: readonly Result[]): number {
  return results.filter(({ noticed }) => noticed).length / results.length;
}

function line(name: string, results: readonly Result[], goal: number): boolean {
  const noticed = share(results);
  const count = `${results.filter((result) => result.noticed).length} of ${results.length}`;
  print(`${noticed >= goal ? "   " : "LOW"} ${name.padEnd(32)} ${count.padStart(12)} ${(100 * noticed).toFixed(0)} %`);
  return noticed >= goal;
}

async function main(): Promise<boolean> {
  const only = process.argv.slice(2);
  const isChosen = ({ file, rule }: Mutant): boolean => only.some((part) => file.includes(part) || rule.includes(part));
  const chosen = only.length === 0 ? all : all.filter(isChosen);
  using stack = new DisposableStack();
  const trials = Array.from({ length: copies }, () => stack.use(new Trial()));
  const startedAt = performance.now();
  await checkTests(trials, chosen);
  print(`the tests pass without a change: ${minutesSince(startedAt)}`);
  const results = await tryAll(trials, chosen, startedAt);
  const folders = Map.groupBy(results, ({ mutant }) => folderOf(mutant.file));
  const good = [...folders]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([name, own]) => line(name, own, goals.folder));
  good.push(line("overall", results, goals.overall));
  print(`${results.length} changes in ${minutesSince(startedAt)}`);
  return good.every(Boolean);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
if (!(await main())) process.exitCode = 1;
