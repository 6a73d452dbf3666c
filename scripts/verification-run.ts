import { existsSync, readFileSync } from "node:fs";
import { Type } from "typebox";
import { Value } from "typebox/value";

const stepSchema = Type.Object({
  name: Type.String(),
  result: Type.Union([Type.Literal("passed"), Type.Literal("failed"), Type.Literal("not run")]),
  seconds: Type.Number(),
  /** Where the step counts tests. */
  tests: Type.Optional(Type.Object({ passed: Type.Number(), failed: Type.Number() })),
});

const runSchema = Type.Object({
  commit: Type.String(),
  /** When it began, UTC. */
  date: Type.String(),
  seconds: Type.Number(),
  seed: Type.Number(),
  steps: Type.Array(stepSchema),
});

/** How one step of `make verify-all` ended. */
export type StepResult = Type.Static<typeof stepSchema>;

/** A run of `make verify-all`. */
export type VerificationRun = Type.Static<typeof runSchema>;

/** Where the last run is kept. */
export const lastRunFile = new URL("../docs/verification.json", import.meta.url);

/** Reads the last run; undefined where there was none. */
export function readLastRun(): VerificationRun | undefined {
  return existsSync(lastRunFile) ? Value.Parse(runSchema, JSON.parse(readFileSync(lastRunFile, "utf8"))) : undefined;
}
