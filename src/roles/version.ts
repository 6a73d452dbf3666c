import { readFileSync } from "node:fs";

/** Of this package. */
export function version(): string {
  const found: unknown = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  const isVersioned = typeof found === "object" && found !== null && "version" in found;
  return isVersioned ? String(found.version) : "unknown";
}
