import { mutantsOf } from "../mutant.ts";

export const telemetryMutants = mutantsOf("src/telemetry", [
  [
    "pooled-metrics.ts",
    'combine([now, this.#least], "max")',
    'combine([now], "max")',
    "Totals never fall when a process ends.",
  ],
  [
    "pooled-metrics.ts",
    "if (!this.#living.delete(id)) return;",
    "if (!this.#living.has(id)) return;",
    "A process that has ended has no part in what there is now.",
  ],
  [
    "pooled-metrics.ts",
    'type === "counter" || type === "histogram"',
    'type === "counter"',
    "Histograms of a process that ended stay.",
  ],
  [
    "pooled-metrics.ts",
    "value: -one.value",
    "value: one.value",
    "The living are not counted twice after one has ended.",
  ],
  [
    "logger.ts",
    "hooks, timestamp",
    "timestamp",
    "A log line shows no password of a URL.",
    ["test/integration/masked-output"],
  ],
]);
