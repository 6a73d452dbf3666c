import { readFileSync } from "node:fs";
import { ConfigError } from "./compile.ts";
import { environmentName, type RawSettings, settingCatalogue } from "./setting-catalogue.ts";

/**
 * Reads the settings from the environment: the only place that does. `NAME_FILE` names a file that holds the value, such
 * as a mounted secret; a final line break in it is not part of the value.
 */
export function loadEnvironment(environment: NodeJS.ProcessEnv = process.env): RawSettings {
  const given: Record<string, string> = {};
  for (const name of Object.keys(settingCatalogue)) {
    const value = read(environment, environmentName(name));
    if (value !== undefined) given[name] = value;
  }
  return given;
}

/** `WEIR_` names in the environment that mean nothing: a misspelt one would otherwise be a silent default. */
export function unknownNames(environment: NodeJS.ProcessEnv = process.env): string[] {
  const known = new Set(
    Object.keys(settingCatalogue).flatMap((name) => [environmentName(name), `${environmentName(name)}_FILE`]),
  );
  return Object.keys(environment).filter((name) => name.startsWith("WEIR_") && !known.has(name));
}

function read(environment: NodeJS.ProcessEnv, name: string): string | undefined {
  const value = environment[name];
  const file = environment[`${name}_FILE`];
  if (value !== undefined && file !== undefined)
    throw new ConfigError(`${name} and ${name}_FILE are both set; set one`);
  return file === undefined ? value : readSecret(name, file);
}

function readSecret(name: string, file: string): string {
  try {
    return readFileSync(file, "utf8").replace(/\r?\n$/, "");
  } catch (error) {
    throw new ConfigError(`${name}_FILE: ${JSON.stringify(file)} can't be read`, { cause: error });
  }
}
