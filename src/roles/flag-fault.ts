import { ConfigError } from "../config/index.ts";

/** The refusal of a flag that is no setting. */
export function flagFault(flag: string, text: string, allowed: string): ConfigError {
  return new ConfigError(`${flag}: ${JSON.stringify(text)} is not valid; allowed: ${allowed}`);
}
