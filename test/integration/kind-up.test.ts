import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../scripts/kind-up.ts", import.meta.url));

test("a machine without kind, docker or kubectl is told which one to install", () => {
  const bin = mkdtempSync(join(tmpdir(), "weir-bin-"));
  try {
    const said: string[] = [];
    // A program that succeeds stands for each that is there.
    for (const found of ["kind", "docker", "kubectl"]) {
      const { status, stderr } = spawnSync(process.execPath, [script], { env: { PATH: bin }, encoding: "utf8" });
      expect(status).toBe(1);
      said.push(stderr);
      symlinkSync("/bin/true", join(bin, found));
    }
    expect(said[0]).toMatch(/^kind is not on the PATH; install it: \S+\n$/);
    expect(said[1]).toMatch(/^docker does not answer; install it and start it: \S+\n$/);
    expect(said[2]).toMatch(/^kubectl is not on the PATH; install it: \S+\n$/);
  } finally {
    rmSync(bin, { recursive: true });
  }
});
