import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A file system of a few MB, which a test can fill. */
export interface SmallDisk extends AsyncDisposable {
  readonly dir: string;
  /** Takes all the space that is left. */
  fill(): Promise<void>;
  /** Gives it back. */
  empty(): Promise<void>;
}

/** Throws, with what is missing, where this process may not mount. */
export function mountSmallDisk(megabytes: number): SmallDisk {
  const dir = mkdtempSync(join(tmpdir(), "weir-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${megabytes}m`, "weir-test", dir], { stdio: "pipe" });
  } catch (cause) {
    rmSync(dir, { recursive: true });
    throw new Error("no disk can be filled, because this user may not mount a tmpfs: run this test as root", { cause });
  }
  const ballast = join(dir, "ballast");
  const chunk = Buffer.alloc(64 * 1_024);
  const write = (): Promise<boolean> =>
    writeFile(ballast, chunk, { flag: "a" }).then(
      () => true,
      () => false,
    );
  return {
    dir,
    fill: async () => {
      while (await write());
    },
    empty: () => rm(ballast, { force: true }),
    [Symbol.asyncDispose]: async () => {
      execFileSync("umount", ["--lazy", dir]);
      await rm(dir, { recursive: true, force: true });
    },
  };
}
