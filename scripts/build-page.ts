import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/* Bundles the demo page into dist/page, where the gateway serves it from. */

const page = fileURLToPath(new URL("../page/", import.meta.url));
const target = fileURLToPath(new URL("../dist/page/", import.meta.url));

/** What is the same stays untouched, so that a server that reads it meanwhile never sees half a file. */
async function put(path: string, contents: Uint8Array): Promise<void> {
  const before = await readFile(path).catch(() => undefined);
  if (before === undefined || !before.equals(contents)) await writeFile(path, contents);
}

async function copy(name: string): Promise<void> {
  await put(join(target, name), await readFile(join(page, name)));
}

await mkdir(target, { recursive: true });
const { outputFiles } = await build({
  entryPoints: { main: `${page}main.ts`, theme: `${page}theme-boot.ts`, style: `${page}style.css` },
  outdir: target,
  bundle: true,
  minify: true,
  sourcemap: true,
  format: "esm",
  target: ["chrome123", "firefox120", "safari17.5"],
  logLevel: "warning",
  write: false,
});
await Promise.all([
  ...outputFiles.map(({ path, contents }) => put(path, contents)),
  copy("index.html"),
  copy("icon.svg"),
]);
