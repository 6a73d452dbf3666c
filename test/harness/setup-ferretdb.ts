import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const sources = fileURLToPath(new URL("ferretdb", import.meta.url));

/** Where the server lies once it is built. The name has the sources in it, so that a changed version is built anew. */
export function ferretdbPath(): string {
  const hash = createHash("sha256");
  for (const file of ["main.go", "go.mod", "go.sum"]) hash.update(readFileSync(join(sources, file)));
  const cache = process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache");
  return join(cache, "weir", `ferretdb-${hash.digest("hex").slice(0, 12)}`);
}

/** Builds FerretDB with Go where that was not done before: a minute or two, once a machine. Resolves to the program. */
export async function buildFerretdb(): Promise<string> {
  const program = ferretdbPath();
  if (existsSync(program)) return program;
  await mkdir(join(program, ".."), { recursive: true });
  const folder = await mkdtemp(`${program}-`);
  try {
    await promisify(execFile)(join(sources, "build"), [join(folder, "out")]);
    await rename(join(folder, "out"), program);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return program;
}
