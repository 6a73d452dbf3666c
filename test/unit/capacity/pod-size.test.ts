import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { familyOf, findConfinement, podSizes } from "../../../capacity/pod-size.ts";
import { until } from "../../harness/until.ts";

const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

function cgroups(controllers: string): string {
  const folder = mkdtempSync(join(tmpdir(), "weir-cgroup-"));
  folders.push(folder);
  writeFileSync(join(folder, "cgroup.subtree_control"), controllers);
  return folder;
}

test("where cgroup v2 gives CPU and memory, half a core is half a core", async () => {
  const root = cgroups("cpu memory pids\n");
  const confinement = findConfinement(root);
  const half = podSizes.find(({ cores }) => cores === 0.5);
  if (half === undefined) throw new Error("no half core");
  expect(confinement.refuses(half)).toBeUndefined();
  const child = spawn("sleep", ["60"]);
  try {
    confinement.confine([child.pid ?? 0], half);
    const [group = ""] = readdirSync(root).filter((name) => name.startsWith("weir-capacity-"));
    const written = (file: string): string => readFileSync(join(root, group, file), "utf8");
    expect([written("cpu.max"), written("memory.max"), written("cgroup.procs")]).toEqual([
      "50000 100000",
      String(half.memoryBytes),
      String(child.pid),
    ]);
  } finally {
    const gone = once(child, "exit");
    child.kill();
    await gone;
  }
});

test("where it does not, only whole cores can be given, and it says so", () => {
  const confinement = findConfinement(cgroups("hugetlb\n"));
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
