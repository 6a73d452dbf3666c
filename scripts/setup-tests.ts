import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { buildFerretdb, ferretdbPath } from "../test/harness/setup-ferretdb.ts";
import { findOwnMongo } from "../test/harness/setup-mongo.ts";

/*
 * Gets the machine ready for the tests: installs what is missing where that is possible (as root on Debian and its kin), and
 * otherwise says in one line each what to install, and exits with 1. Does nothing where nothing is missing.
 */

interface Tool {
  /** Any of these programs will do. */
  readonly programs: readonly string[];
  /** The Debian package that has the first of them. */
  readonly debian: string;
}

const tools: readonly Tool[] = [
  { programs: ["redis-server"], debian: "redis-server" },
  { programs: ["chromium", "chromium-browser", "google-chrome"], debian: "chromium" },
  { programs: ["haproxy"], debian: "haproxy" },
  { programs: ["prometheus"], debian: "prometheus" },
  { programs: ["promtool"], debian: "prometheus" },
  { programs: ["cc"], debian: "gcc" },
];

/** Debian's installer. */
const installer = "apt-get";

function isInstalled(program: string): boolean {
  // Debian keeps servers where only root looks for programs.
  const folders = [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin"];
  return folders.some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

function missing(): Tool[] {
  return tools.filter(({ programs }) => !programs.some(isInstalled));
}

function aptGet(...args: readonly string[]): boolean {
  try {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    execFileSync(installer, ["-qq", ...args], { env, stdio: ["ignore", "ignore", "inherit"] });
    return true;
  } catch {
    return false;
  }
}

function install(packages: readonly string[]): void {
  if (packages.length === 0 || process.getuid?.() !== 0 || !isInstalled(installer)) return;
  console.log(`installing ${packages.join(", ")}`);
  const command = ["install", "-y", "--no-install-recommends", ...packages];
  if (!aptGet("update") || !aptGet(...command)) console.error(`${installer} failed`);
}

/** The problem in one line, or undefined when tests can start a MongoDB-protocol server. */
async function setUpMongo(): Promise<string | undefined> {
  try {
    if ((await findOwnMongo()) !== "ferretdb" || existsSync(ferretdbPath())) return undefined;
    console.log("building FerretDB with Go, once a machine: a minute or two");
    await buildFerretdb();
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

install(missing().map(({ debian }) => debian));
const problems = missing().map(({ programs, debian }) => `${programs.join(" or ")} is missing: install ${debian}`);
const mongo = await setUpMongo();
for (const problem of [...problems, ...(mongo === undefined ? [] : [mongo])]) {
  console.error(problem);
  process.exitCode = 1;
}
