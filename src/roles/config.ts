import { compileSettings, describeSettings, type RawSettings, type RoleName } from "../config/index.ts";

/** `weir config`: what a role would run with, secrets hidden, as JSON. */
export function printConfig(raw: RawSettings, role: RoleName): void {
  process.stdout.write(`${JSON.stringify(describeSettings(compileSettings(raw, role)), null, 2)}\n`);
}
