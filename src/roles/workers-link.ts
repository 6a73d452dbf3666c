import cluster from "node:cluster";
import type { Service } from "../lifecycle/service.ts";
import type { Outside } from "./run-role.ts";
import type { Runtime } from "./runtime.ts";
import { type FromWorker, toWorker } from "./workers-messages.ts";

/** Between two looks at the own health, ms. */
const lookMs = 100;

/**
 * The outside of a worker: its primary. It says there how it is and what it measured, and stops when it is told to there, or by a
 * signal; a terminal sends one to every process, and the primary tells it too, so only the first counts. Without its primary it ends.
 */
export const primaryLink: Outside = {
  label: { worker: cluster.worker?.id },
  services: (runtime) => [healthReport(runtime)],
  onStop: (stop, { metrics }) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, stop);
    process.on("message", (message: unknown) => {
      const told = toWorker(message);
      if (told?.weir === "stop") stop();
      if (told?.weir === "metrics") {
        const { ask } = told;
        void metrics.snapshot().then((snapshot) => tell({ weir: "metrics", ask, snapshot }));
      }
    });
  },
};

function healthReport({ readiness, clock }: Runtime): Service {
  let told: boolean | undefined;
  let cancel = (): void => undefined;
  const look = (): void => {
    const { ready } = readiness.current();
    if (ready !== told) tell({ weir: "health", ready });
    told = ready;
    cancel = clock.schedule(lookMs, look);
  };
  return {
    name: "primary-link",
    start: async () => look(),
    stop: async () => cancel(),
  };
}

/** A primary that is gone ends this process by itself. */
function tell(message: FromWorker): void {
  process.send?.(message, undefined, undefined, () => undefined);
}
