import { writeFileSync } from "node:fs";
import { generatedDocs } from "./generated-docs.ts";

for (const [path, make] of Object.entries(generatedDocs)) writeFileSync(new URL(`../${path}`, import.meta.url), make());
