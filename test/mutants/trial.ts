import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { type Mutant, plant } from "./mutant.ts";
import { type Stages, stagesOf } from "./suites.ts";

/** A stage that runs longer than this hangs, and a hang is noticed. */
const stageTimeoutMs = 240_000;

/** A copy of the repository in which one change at a time is tried. */
export class Trial implements Disposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "weir-mutants-"));

  constructor() {
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
      return !(await this.passes(testsOf(mutant)));
    } finally {
      writeFileSync(path, source);
    }
  }

  /** Whether all stages pass; ends with the first that does not. */
  async passes(stages: Stages): Promise<boolean> {
    for (const stage of stages) if (!(await this.#passesStage(stage))) return false;
    return true;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async #passesStage(files: readonly string[]): Promise<boolean> {
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
    return child.exitCode === 0;
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
