import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { mutants } from "../mutants/list/index.ts";
import { plant } from "../mutants/mutant.ts";
import { stagesOf } from "../mutants/suites.ts";

test("each planted change still finds its text, and has tests that must notice it", () => {
  const stale = mutants.flatMap((mutant) => {
    try {
      plant(readFileSync(mutant.file, "utf8"), mutant);
      return stagesOf(mutant.file).length > 0 ? [] : [`${mutant.file}: no tests`];
    } catch (error) {
      return [error instanceof Error ? error.message : String(error)];
    }
  });
  expect(stale).toEqual([]);
});
