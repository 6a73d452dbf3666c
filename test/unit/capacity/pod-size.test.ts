import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { familyOf, findConfinement, podSizes } from "../../../capacity/pod-size.ts";
import { until } from "../../harness/until.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "weir-cgroup-"));
  folders.push(folder);
  return folder;
}

function cgroupsV2(controllers: string): string {
  const folder = emptyFolder();
  writeFileSync(join(folder, "cgroup.subtree_control"), controllers);
  return folder;
}

function cgroupsV1(): string {
  const folder = emptyFolder();
  for (const [controller, file] of [
    ["cpu", "cpu.cfs_quota_us"],
    ["memory", "memory.limit_in_bytes"],
  ] as const) {
    mkdirSync(join(folder, controller));
    writeFileSync(join(folder, controller, file), "-1");
  }
  return folder;
}

/** What stands in these files of the groups that a process of half a core is put in, and the process. */
async function halfACore(root: string, files: readonly (readonly [folder: string, file: string])[]): Promise<unknown> {
  const confinement = findConfinement(root);
  const half = podSizes.find(({ cores }) => cores === 0.5);
  if (half === undefined) throw new Error("no half core");
  expect(confinement.refuses(half)).toBeUndefined();
  const child = spawn("sleep", ["60"]);
  try {
    confinement.confine([child.pid ?? 0], half);
    return files.map(([folder, file]) => {
      const [group = ""] = readdirSync(join(root, folder)).filter((name) => name.startsWith("weir-capacity-"));
      const written = readFileSync(join(root, folder, group, file), "utf8");
      return written === String(child.pid) ? "the process" : written;
    });
  } finally {
    const gone = once(child, "exit");
    child.kill();
    await gone;
  }
}

test("where cgroup v2 gives CPU and memory, half a core is half a core", async () => {
  const files = [
    ["", "cpu.max"],
    ["", "memory.max"],
    ["", "cgroup.procs"],
  ] as const;
  expect(await halfACore(cgroupsV2("cpu memory pids\n"), files)).toEqual(["50000 100000", "1073741824", "the process"]);
});

test("where cgroup v1 has a hierarchy for each of them, half a core is half a core too", async () => {
  const files = [
    ["cpu", "cpu.cfs_period_us"],
    ["cpu", "cpu.cfs_quota_us"],
    ["cpu", "cgroup.procs"],
    ["memory", "memory.limit_in_bytes"],
    ["memory", "cgroup.procs"],
  ] as const;
  const written = ["100000", "50000", "the process", "1073741824", "the process"];
  expect(await halfACore(cgroupsV1(), files)).toEqual(written);
});

test("where there is neither, only whole cores can be given, and it says so", () => {
  const confinement = findConfinement(cgroupsV2("hugetlb\n"));
  expect(confinement.how).toContain("taskset");
  const refused = podSizes.filter((size) => confinement.refuses(size) !== undefined).map(({ name }) => name);
  expect(refused).toContain("half a core");
  expect(refused).not.toContain("one core");
});

test("the family of a process has what its children started", async () => {
  const child = spawn("sh", ["-c", "sleep 60 & echo started; wait"]);
  try {
    await once(child.stdout, "data");
    const pid = child.pid ?? 0;
    await until(() => familyOf(pid).length > 1);
    const [first, ...others] = familyOf(pid);
    expect(first).toBe(pid);
    for (const other of others) process.kill(other);
  } finally {
    child.kill();
  }
});
