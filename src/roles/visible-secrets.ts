import cluster from "node:cluster";
import { environmentName, flagName, isSecretValue, loadEnvironment, type RawSettings } from "../config/index.ts";
import type { Logger } from "../telemetry/logger.ts";

/** A secret that came as a flag, and the names by which it stays out of the process list. */
interface VisibleSecret {
  readonly flag: string;
  readonly variable: string;
  /** The variable for the path of a file that holds the value. */
  readonly file: string;
}

/** @param environment the settings without flags */
export function visibleSecrets(raw: RawSettings, environment: RawSettings = loadEnvironment()): VisibleSecret[] {
  return Object.entries(raw)
    .filter(([name, value]) => value !== undefined && value !== environment[name] && isSecretValue(name, value))
    .map(([name]) => {
      const variable = environmentName(name);
      return { flag: flagName(name), variable, file: `${variable}_FILE` };
    });
}

/** Logs each secret that came as a flag. Workers have the flags of their primary, which has said so. */
export function warnOfFlags(raw: RawSettings, logger: Logger): void {
  if (!cluster.isPrimary) return;
  for (const secret of visibleSecrets(raw)) {
    logger.warn({ ...secret }, "a secret given as a flag is visible in the process list; set the variable or the file");
  }
}

/** The same for a command that has no log. */
export function tellOfFlags(raw: RawSettings): void {
  for (const { flag, variable, file } of visibleSecrets(raw)) {
    process.stderr.write(`warning: ${flag} is visible in the process list; set ${variable} or ${file}\n`);
  }
}
