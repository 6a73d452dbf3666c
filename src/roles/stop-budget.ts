import type { StopBudget } from "../lifecycle/supervisor.ts";

/** Beyond the drain window: for what is under way, for each service to stop, and until a process that can't stop exits anyway, ms. */
const spare = { drainMs: 5_000, stopMs: 5_000, exitMs: 25_000 } as const;

export interface RoleStopBudget extends StopBudget {
  /** After this the process has ended, whatever happens: the promise that a grace period is computed from. */
  readonly exitMs: number;
}

/** How long a role may take to stop, by its drain window, ms. */
export function stopBudget(drainWindowMs: number): RoleStopBudget {
  return {
    drainMs: drainWindowMs + spare.drainMs,
    stopMs: spare.stopMs,
    exitMs: drainWindowMs + spare.exitMs,
  };
}
