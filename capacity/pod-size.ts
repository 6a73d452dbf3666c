import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
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

/** A folder of cgroups, and what to write into the files of a group there for a size. */
interface Hierarchy {
  readonly root: string;
  readonly limits: (size: PodSize) => Readonly<Record<string, number | string>>;
}

/** One group in each hierarchy: exactly what a pod has. */
function byCgroups(how: string, hierarchies: readonly Hierarchy[]): Confinement {
  const groups = hierarchies.map(({ root, limits }) => ({ group: join(root, `weir-capacity-${process.pid}`), limits }));
  return {
    how,
    refuses: ({ cores }) => (cores > cpus().length ? "this machine has fewer cores" : undefined),
    confine: (pids, size) => {
      keepOn(pids, size.cores);
      for (const { group, limits } of groups) {
        mkdirSync(group, { recursive: true });
        for (const [file, value] of Object.entries(limits(size))) writeFileSync(join(group, file), String(value));
        for (const pid of pids) writeFileSync(join(group, "cgroup.procs"), String(pid));
      }
    },
    release: () => {
      for (const { group } of groups) if (existsSync(group)) rmdirSync(group);
    },
  };
}

/** The one hierarchy of version 2, where its controllers are given to this folder. */
function cgroupsV2(root: string): Confinement | undefined {
  const controllers = join(root, "cgroup.subtree_control");
  const given = existsSync(controllers) ? readFileSync(controllers, "utf8").trim().split(" ") : [];
  if (!given.includes("cpu") || !given.includes("memory")) return undefined;
  const limits = ({ cores, memoryBytes }: PodSize): Readonly<Record<string, number | string>> => ({
    "cpu.max": `${cores * periodMicros} ${periodMicros}`,
    "memory.max": memoryBytes,
  });
  return byCgroups("cgroup v2 (cpu.max, memory.max)", [{ root, limits }]);
}

/** Version 1 has a hierarchy for each controller. */
function cgroupsV1(root: string): Confinement | undefined {
  const [cpu, memory] = [join(root, "cpu"), join(root, "memory")];
  if (!existsSync(join(cpu, "cpu.cfs_quota_us")) || !existsSync(join(memory, "memory.limit_in_bytes")))
    return undefined;
  return byCgroups("cgroup v1 (cpu.cfs_quota_us, memory.limit_in_bytes)", [
    {
      root: cpu,
      limits: ({ cores }) => ({ "cpu.cfs_period_us": periodMicros, "cpu.cfs_quota_us": cores * periodMicros }),
    },
    { root: memory, limits: ({ memoryBytes }) => ({ "memory.limit_in_bytes": memoryBytes }) },
  ]);
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

/** Cgroups where they may be made, else taskset. */
export function findConfinement(root = "/sys/fs/cgroup"): Confinement {
  try {
    accessSync(root, constants.W_OK);
  } catch {
    return byTaskset();
  }
  return cgroupsV2(root) ?? cgroupsV1(root) ?? byTaskset();
}

/** A process and all that came from it. Linux only. */
export function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim();
  return [pid, ...(children === "" ? [] : children.split(" ").flatMap((child) => familyOf(Number(child))))];
}
