import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";

export interface PodSize {
  readonly name: string;
  readonly cores: number;
  /** Gateway processes in it, `WEIR_WORKERS`. */
  readonly workers: number;
  readonly memoryBytes: number;
}

const gib = 2 ** 30;

export const podSizes: readonly PodSize[] = [
  { name: "half a core", cores: 0.5, workers: 1, memoryBytes: gib },
  { name: "one core", cores: 1, workers: 1, memoryBytes: gib },
  { name: "two cores", cores: 2, workers: 2, memoryBytes: 2 * gib },
];

/** Gives processes the CPU of a pod. */
export interface Confinement {
  readonly how: string;
  /** Undefined where this way can give the size, else why not. */
  refuses(size: PodSize): string | undefined;
  /** For a process and all that it has started. */
  confine(pids: readonly number[], size: PodSize): void;
  release(): void;
}

const periodMicros = 100_000;

function keepOn(pids: readonly number[], cores: number): void {
  const list = `0-${Math.ceil(cores) - 1}`;
  for (const pid of pids)
    execFileSync("taskset", ["--all-tasks", "--cpu-list", "--pid", list, String(pid)], { stdio: "ignore" });
}

/** A group of cgroup v2 with `cpu.max` and `memory.max`: exactly what a pod has. */
function byCgroup(root: string): Confinement {
  const group = join(root, `weir-capacity-${process.pid}`);
  return {
    how: "cgroup v2 (cpu.max, memory.max)",
    refuses: () => undefined,
    confine: (pids, { cores, memoryBytes }) => {
      mkdirSync(group, { recursive: true });
      writeFileSync(join(group, "cpu.max"), `${cores * periodMicros} ${periodMicros}`);
      writeFileSync(join(group, "memory.max"), String(memoryBytes));
      keepOn(pids, cores);
      for (const pid of pids) writeFileSync(join(group, "cgroup.procs"), String(pid));
    },
    release: () => {
      if (existsSync(group)) rmdirSync(group);
    },
  };
}

/** Whole cores, the first ones; memory is measured and not limited. */
function byTaskset(): Confinement {
  return {
    how: "taskset (whole cores, memory not limited)",
    refuses: ({ cores }) => {
      if (!Number.isInteger(cores)) return "taskset gives whole cores only";
      return cores > cpus().length ? "this machine has fewer cores" : undefined;
    },
    confine: (pids, { cores }) => keepOn(pids, cores),
    release: () => {},
  };
}

/** Cgroup v2 where its controllers are given to this folder, else taskset. */
export function findConfinement(root = "/sys/fs/cgroup"): Confinement {
  const controllers = join(root, "cgroup.subtree_control");
  const given = existsSync(controllers) ? readFileSync(controllers, "utf8").trim().split(" ") : [];
  return given.includes("cpu") && given.includes("memory") ? byCgroup(root) : byTaskset();
}

/** A process and all that came from it. Linux only. */
export function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => familyOf(Number(child))))];
}
