import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The folder of the scenarios, and of Artillery's own package. */
export const folder = fileURLToPath(new URL(".", import.meta.url));
/** Artillery's command line. */
export const artillery = fileURLToPath(new URL("node_modules/artillery/bin/run", import.meta.url));

/** Installs Artillery where it is missing: some 470 MB, a minute. Its install scripts are not run; see `.npmrc`. */
export function installArtillery(): void {
  if (existsSync(artillery)) return;
  console.log("installing Artillery, once: a minute or so");
  execFileSync("npm", ["ci"], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

if (import.meta.main) installArtillery();
