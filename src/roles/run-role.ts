import closeWithGrace from "close-with-grace";
import { createOpsServer } from "../adapters/http/ops-server.ts";
import { ConfigError, compileSettings, type RawSettings, type RoleName } from "../config/index.ts";
import type { Service } from "../lifecycle/service.ts";
import { Supervisor } from "../lifecycle/supervisor.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { stopBudget } from "./stop-budget.ts";
import { warnOfFlags } from "./visible-secrets.ts";

/** What a role is made of, in the order in which it starts. */
export type Compose = (runtime: Runtime) => Promise<readonly Service[]>;

/** Who watches a process, and who tells it to stop. */
export interface Outside {
  /** Goes with everything that is logged. */
  readonly label?: Record<string, unknown>;
  /** Start first and stop last. */
  services(runtime: Runtime): readonly Service[];
  /** Says when to call `stop`, which does something only once; without it signals stop the process, and a second one ends it. */
  onStop?(stop: () => void, runtime: Runtime): void;
}

/** A process of its own, with an ops port. */
const alone: Outside = {
  services: (runtime) => {
    const { host, opsPort } = runtime.settings;
    return [createOpsServer({ ...runtime, host, port: opsPort })];
  },
};

/**
 * Runs a role until it is told to stop. SIGTERM and SIGINT drain and stop, a second one ends the process at once; an
 * error that nobody caught is logged, then the process drains and exits with 1. Rejects with StoppedEarly where it is told before it works.
 */
export async function runRole(
  role: RoleName,
  raw: RawSettings,
  compose: Compose,
  outside: Outside = alone,
): Promise<Runtime> {
  const settings = compileSettings(raw, role);
  const bare = createRuntime(role, settings);
  const runtime = outside.label === undefined ? bare : { ...bare, logger: bare.logger.child(outside.label) };
  const { logger, readiness } = runtime;
  const supervisor = new Supervisor([...outside.services(runtime), ...(await composed(compose, runtime))], logger);
  // After the composition, so that a wrong setting stays the only line.
  warnOfFlags(raw, logger);
  stopWhenTold(runtime, outside, supervisor);
  await supervisor.start();
  readiness.started();
  logger.info({ role, node: process.version }, "started");
  return runtime;
}

function stopWhenTold(runtime: Runtime, outside: Outside, supervisor: Supervisor): void {
  const { role, settings, logger, readiness } = runtime;
  const budget = stopBudget(settings.drainWindow);
  const onSecondSignal = (): void => logger.warn({ role }, "told twice to stop: exits at once");
  const skip = outside.onStop === undefined ? [] : signals;
  const options = { delay: budget.exitMs, logger: false, skip, onSecondSignal } as const;
  const { close } = closeWithGrace(options, async ({ err, signal }) => {
    if (err !== undefined) logger.error({ err }, "uncaught error");
    readiness.object("drain", "draining");
    logger.info({ role, signal }, "stopping");
    await supervisor.stop(budget);
    logger.info({ role }, "stopped");
  });
  let told = false;
  outside.onStop?.(() => {
    if (!told) close();
    told = true;
  }, runtime);
}

const signals: ("SIGTERM" | "SIGINT")[] = ["SIGTERM", "SIGINT"];

/** Nothing is connected yet: what fails here is a setting that only its adapter can judge. */
async function composed(compose: Compose, runtime: Runtime): Promise<readonly Service[]> {
  try {
    return await compose(runtime);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
