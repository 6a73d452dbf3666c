import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";

const source = new URL("jumping-clock.c", import.meta.url).pathname;
const howToInstall = "no C compiler (`cc`) is on the PATH; install it: apt-get install gcc";

/** The wall clock of a process that is started with its variables. */
export interface JumpingClock {
  readonly env: Readonly<Record<string, string>>;
  /** Puts it forward, or back where `ms` is below 0. Jumps add up. */
  jump(ms: number): void;
}

/**
 * Builds what makes the clock jump, in some ms.
 * @param dir where its files are kept
 */
export async function createJumpingClock(dir: string): Promise<JumpingClock> {
  const library = join(dir, "jumping-clock.so");
  const file = join(dir, "clock");
  let offsetMs = 0;
  await writeFile(file, bytesOf(0));
  build(library);
  return {
    env: { LD_PRELOAD: library, WEIR_JUMPING_CLOCK: file },
    jump: (ms) => {
      offsetMs += ms;
      // In place: the process has it mapped.
      writeFileSync(file, bytesOf(offsetMs), { flag: "r+" });
    },
  };
}

function build(library: string): void {
  try {
    execFileSync("cc", ["-O1", "-shared", "-fPIC", "-nostdlib", "-fno-builtin", "-o", library, source], {
      stdio: "pipe",
    });
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new Error(howToInstall, { cause: error });
    throw error;
  }
}

function bytesOf(ms: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64LE(BigInt(ms));
  return bytes;
}
