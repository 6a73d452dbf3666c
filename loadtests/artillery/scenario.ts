import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { isObject } from "../../test/harness/load-wire.ts";
import { folder } from "./install.ts";

export const scenarioNames = ["steady", "handshake-ramp", "reconnect-storm"] as const;
export type ScenarioName = (typeof scenarioNames)[number];

/** What the run of a scenario has to know before it starts. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly path: string;
  /** How many virtual users there will be. */
  readonly members: number;
  readonly membersPerRoom: number;
}

export function readScenario(name: ScenarioName): Scenario {
  const path = join(folder, `${name}.yml`);
  const script: unknown = parse(readFileSync(path, "utf8"));
  const config = isObject(script) ? script["config"] : undefined;
  if (!isObject(config) || !isObject(config["variables"]) || !Array.isArray(config["phases"]))
    throw new Error(`${path} has no phases and variables`);
  const arrivals = config["phases"].map((phase: unknown) => Number(isObject(phase) ? phase["arrivalCount"] : 0));
  return {
    name,
    path,
    members: arrivals.reduce((sum, count) => sum + count, 0),
    membersPerRoom: Number(config["variables"]["membersPerRoom"]),
  };
}
