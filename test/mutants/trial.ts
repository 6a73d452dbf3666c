import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Mutant, plant } from "./mutant.ts";
import { type Stages, stagesOf } from "./suites.ts";

/** A stage that runs longer than this hangs, and a hang is noticed. */
const stageTimeoutMs = 240_000;

/** The stage that did not pass, and how. */
interface Failure {
  readonly stage: readonly string[];
  readonly how: "fail" | `run longer than ${number} s`;
}

/** A copy of the repository in which one change at a time is tried. */
export class Trial implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "weir-mutants-"));

  constructor() {
    process.once("exit", () => this[Symbol.dispose]());
    const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { encoding: "utf8" });
    for (const file of files.split("\0").filter((name) => name !== "" && name !== "node_modules")) {
      mkdirSync(join(this.#folder, dirname(file)), { recursive: true });
      copyFileSync(file, join(this.#folder, file));
    }
    symlinkSync(resolve("node_modules"), join(this.#folder, "node_modules"));
    execFileSync(process.execPath, ["scripts/build-page.ts"], { cwd: this.#folder });
  }

  /** Whether the tests of the file fail with the change in it. */
  async notices(mutant: Mutant): Promise<boolean> {
    const path = join(this.#folder, mutant.file);
    const source = readFileSync(path, "utf8");
    writeFileSync(path, plant(source, mutant));
    try {
      return (await this.failureOf(testsOf(mutant))) !== undefined;
    } finally {
      writeFileSync(path, source);
    }
  }

  /** The first stage that does not pass. */
  async failureOf(stages: Stages): Promise<Failure | undefined> {
    for (const stage of stages) {
      const how = await this.#run(stage);
      if (how !== undefined) return { stage, how };
    }
    return undefined;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #run(files: readonly string[]): Promise<Failure["how"] | undefined> {
    const args = ["run", "--bail", "1", "--reporter", "dot", "--maxWorkers", "1", ...files];
    const child = spawn(resolve("node_modules/.bin/vitest"), args, {
      cwd: this.#folder,
      stdio: "ignore",
      detached: true,
    });
    const end = (): void => endGroup(child);
    const timer = setTimeout(end, stageTimeoutMs);
    process.once("exit", end);
    await once(child, "exit");
    clearTimeout(timer);
    process.off("exit", end);
    if (child.exitCode === 0) return undefined;
    return child.signalCode === "SIGKILL" ? `run longer than ${stageTimeoutMs / 1_000} s` : "fail";
  }
}

/** The stages that must notice a change. */
export function testsOf({ file, tests }: Mutant): Stages {
  return tests === undefined ? stagesOf(file) : [tests];
}

/** Ends the tests and the servers that they started. */
function endGroup({ pid, exitCode }: ChildProcess): void {
  if (pid !== undefined && exitCode === null) process.kill(-pid, "SIGKILL");
}
