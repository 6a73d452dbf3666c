import { existsSync, readFileSync } from "node:fs";
import { Type } from "typebox";
import { Value } from "typebox/value";

const stepSchema = Type.Object({
  name: Type.String(),
  result: Type.Union([Type.Literal("passed"), Type.Literal("failed"), Type.Literal("not run")]),
  seconds: Type.Number(),
  commit: Type.String(),
  /** When it began, UTC. */
  date: Type.String(),
  seed: Type.Number(),
  /** Where the step counts tests. */
  tests: Type.Optional(Type.Object({ passed: Type.Number(), failed: Type.Number() })),
});

/** How one step of `make verify-all` ended when it last ran. */
export type StepResult = Type.Static<typeof stepSchema>;

/** Where the last result of each step is kept. */
export const resultsFile = new URL("../docs/verification.json", import.meta.url);

/** Reads the last result of each step that ever ran. */
export function readResults(): StepResult[] {
  return existsSync(resultsFile)
    ? Value.Parse(Type.Array(stepSchema), JSON.parse(readFileSync(resultsFile, "utf8")))
    : [];
}
