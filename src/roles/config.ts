import { compileSettings, describeSettings, type RawSettings, type RoleName } from "../config/index.ts";
import { tellOfFlags } from "./visible-secrets.ts";

/** `weir config`: what a role would run with, secrets hidden, as JSON. */
export function printConfig(raw: RawSettings, role: RoleName): void {
  const shown = describeSettings(compileSettings(raw, role));
  tellOfFlags(raw);
  process.stdout.write(`${JSON.stringify(shown, null, 2)}\n`);
}
