import { writeFileSync } from "node:fs";
import { lockfiles, missingPackages, readLockfile } from "./lockfile.ts";

/* Run after `npm install` on a machine whose registry does not serve every platform's packages: see missingPackages. */

const systems = ["aix", "android", "darwin", "freebsd", "linux", "netbsd", "openbsd", "openharmony", "sunos", "win32"];
const processors = ["arm", "arm64", "ia32", "loong64", "mips64el", "ppc64", "riscv64", "s390x", "wasm32", "x64"];

/** Which machines a package is for, by the words of its name, so that npm passes it over on the others. */
function platformOf(name: string): Record<string, readonly string[]> {
  const words = name.split(/[/-]/).map((word) => ({ armv7: "arm", wasi: "wasm32" })[word] ?? word);
  const os = words.filter((word) => systems.includes(word));
  const cpu = words.filter((word) => processors.includes(word));
  return { ...(os.length > 0 ? { os } : {}), ...(cpu.length > 0 ? { cpu } : {}) };
}

for (const path of lockfiles) {
  const lockfile = readLockfile(path);
  for (const { name, version, dev } of missingPackages(lockfile)) {
    const about = { version, optional: true, ...(dev ? { dev } : {}), ...platformOf(name) };
    lockfile.packages[`node_modules/${name}`] = about;
  }
  const [root, ...others] = Object.entries(lockfile.packages).toSorted(([a], [b]) => a.localeCompare(b, "en"));
  const packages = Object.fromEntries([root ?? ["", {}], ...others]);
  writeFileSync(new URL(`../${path}`, import.meta.url), `${JSON.stringify({ ...lockfile, packages }, null, 2)}\n`);
}
