import { cpSync } from "node:fs";

/** What is compiled reads its scripts from beside itself, as the source does. */
const scripts = "adapters/redis/scripts";
const at = (folder: string): URL => new URL(`../${folder}/${scripts}`, import.meta.url);
cpSync(at("src"), at("dist"), { recursive: true });
