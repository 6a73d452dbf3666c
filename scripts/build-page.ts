import { copyFile, mkdir } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/* Bundles the demo page into dist/page, where the gateway serves it from. */

const page = fileURLToPath(new URL("../page/", import.meta.url));
const target = fileURLToPath(new URL("../dist/page/", import.meta.url));

await mkdir(target, { recursive: true });
await Promise.all([
  build({
    entryPoints: { main: `${page}main.ts`, theme: `${page}theme-boot.ts`, style: `${page}style.css` },
    outdir: target,
    bundle: true,
    minify: true,
    sourcemap: true,
    format: "esm",
    target: ["chrome123", "firefox120", "safari17.5"],
    logLevel: "warning",
  }),
  copyFile(`${page}index.html`, `${target}index.html`),
  copyFile(`${page}icon.svg`, `${target}icon.svg`),
]);
