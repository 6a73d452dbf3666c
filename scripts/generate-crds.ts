import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { generatedCrds } from "./generated-crds.ts";

for (const [path, make] of Object.entries(generatedCrds)) {
  const file = new URL(`../${path}`, import.meta.url).pathname;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, make());
}
