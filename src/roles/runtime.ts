import cluster from "node:cluster";
import { type RoleName, type Settings, unknownNames } from "../config/index.ts";
import { type Clock, systemClock } from "../kernel/clock.ts";
import { Readiness } from "../lifecycle/health.ts";
import { createLogger, type Logger } from "../telemetry/logger.ts";
import { measureLoopDelay } from "../telemetry/loop-delay.ts";
import type { Emitter } from "../telemetry/metric-fact.ts";
import { createMetrics, type Metrics } from "../telemetry/metrics.ts";
import { newProcessIdentity } from "./new-process-identity.ts";
import { version } from "./version.ts";

/** What every part of a process is given: its settings and the world outside. */
export interface Runtime {
  readonly role: RoleName;
  readonly settings: Settings;
  /** `<pod or host>_<unique>`, wherever this process says who it is. */
  readonly identity: string;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly readiness: Readiness;
  readonly clock: Clock;
  readonly random: () => number;
}

export function createRuntime(role: RoleName, settings: Settings): Runtime {
  const format = settings.logFormat ?? (process.stderr.isTTY ? "pretty" : "json");
  const logger = createLogger({ level: settings.logLevel, format });
  for (const name of unknownNames()) logger.warn({ name }, "unknown setting in the environment is ignored");
  const metrics = createMetrics({ processMetrics: true, emitters: emittersOf(role, settings) });
  metrics.set("weir_build_info", { version: version(), role }, 1);
  measureLoopDelay(metrics);
  return {
    role,
    settings,
    identity: newProcessIdentity(settings),
    logger,
    metrics,
    readiness: new Readiness(),
    clock: systemClock,
    random: Math.random,
  };
}

function emittersOf(role: RoleName, { workers }: Settings): readonly Emitter[] {
  if (role === "all-in-one") return ["gateway", "flusher"];
  if (role === "gateway") return workers > 1 && cluster.isPrimary ? ["primary"] : ["gateway"];
  return role === "tool" ? [] : [role];
}
