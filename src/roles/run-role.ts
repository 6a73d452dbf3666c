import closeWithGrace from "close-with-grace";
import { createOpsServer } from "../adapters/http/ops-server.ts";
import { ConfigError, compileSettings, type RawSettings, type RoleName } from "../config/index.ts";
import type { Service } from "../lifecycle/service.ts";
import { Supervisor } from "../lifecycle/supervisor.ts";
import { createRuntime, type Runtime } from "./runtime.ts";
import { stopBudget } from "./stop-budget.ts";

/** What a role is made of, in the order in which it starts. */
export type Compose = (runtime: Runtime) => Promise<readonly Service[]>;

/**
 * Runs a role until it is told to stop. SIGTERM and SIGINT drain and stop, a second one ends the process at once; an
 * error that nobody caught is logged, then the process drains and exits with 1.
 */
export async function runRole(role: RoleName, raw: RawSettings, compose: Compose): Promise<Runtime> {
  const settings = compileSettings(raw, role);
  const runtime = createRuntime(role, settings);
  const { logger, metrics, readiness } = runtime;
  const ops = createOpsServer({ host: settings.host, port: settings.opsPort, readiness, metrics, logger });
  const supervisor = new Supervisor([ops, ...(await composed(compose, runtime))], logger);
  const budget = stopBudget(settings.drainWindow);
  const onSecondSignal = (): void => logger.warn({ role }, "told twice to stop: exits at once");
  closeWithGrace({ delay: budget.exitMs, logger: false, onSecondSignal }, async ({ err, signal }) => {
    if (err !== undefined) logger.error({ err }, "uncaught error");
    readiness.object("drain", "draining");
    logger.info({ role, signal }, "stopping");
    await supervisor.stop(budget);
    logger.info({ role }, "stopped");
  });
  await supervisor.start();
  readiness.started();
  logger.info({ role, node: process.version }, "started");
  return runtime;
}

/** Nothing is connected yet: what fails here is a setting that only its adapter can judge. */
async function composed(compose: Compose, runtime: Runtime): Promise<readonly Service[]> {
  try {
    return await compose(runtime);
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
