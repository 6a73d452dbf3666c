import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const sources = fileURLToPath(new URL("centrifuge", import.meta.url));
/** Builds the server with Go where that was not done before, and resolves to the program; to nothing where Go can't do that here. */
export async function buildCentrifuge(): Promise<string | undefined> {
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  const program = join(cache, "weir", `centrifuge-${await digestOf(sources)}`);
  if (existsSync(program)) return program;
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly -buildvcs=false" };
  try {
    await promisify(execFile)("go", ["build", "-trimpath", "-o", program, "."], { cwd: sources, env });
    return program;
  } catch (error) {
    console.log(`Without Centrifuge: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

/** Changes with any file of the folder. */
async function digestOf(folder: string): Promise<string> {
  const digest = createHash("sha256");
  for (const name of (await readdir(folder)).sort()) digest.update(await readFile(join(folder, name)));
  return digest.digest("hex").slice(0, 12);
}
