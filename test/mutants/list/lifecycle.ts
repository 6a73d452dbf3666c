import { mutantsOf } from "../mutant.ts";

export const lifecycleMutants = mutantsOf("src/lifecycle", [
  [
    "health.ts",
    'new Map<string, string>([["starting", "starting"]])',
    "new Map<string, string>()",
    "A process is not ready before it has started.",
  ],
  [
    "supervisor.ts",
    "this.#started.toReversed()",
    "this.#started",
    "Services stop in the reverse order of their start.",
  ],
  ["supervisor.ts", "await this.stop(abandoned);\n", "", "A start that fails stops the services that had started."],
  [
    "supervisor.ts",
    "this.#stopping ??= this",
    "this.#stopping = this",
    "A second stop waits for the first and stops nothing again.",
  ],
  [
    "supervisor.ts",
    "if (this.#stopping === undefined) return;\n",
    "return;\n",
    "A start that is overtaken by a stop goes no further.",
  ],
  [
    "watch.ts",
    "failures >= failuresToObject",
    "failures > failuresToObject",
    "The named number of failures in a row ends readiness.",
  ],
  ["watch.ts", "? 0 : failures + 1", "? 0 : 1", "Failures in a row add up."],
  ["watch.ts", "else if (failures === 0) readiness.clear(this.name);", "", "The first success makes ready again."],
]);
