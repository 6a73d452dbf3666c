import closeWithGrace from "close-with-grace";
import { createOpsServer } from "../adapters/http/ops-server.ts";
import { compileSettings, type RawSettings, type RoleName } from "../config/index.ts";
import type { Service } from "../lifecycle/service.ts";
import { Supervisor } from "../lifecycle/supervisor.ts";
import { createRuntime, type Runtime } from "./runtime.ts";

const budget = { drainMs: 10_000, stopMs: 5_000 } as const;
/** Past this a process that can't stop exits anyway. */
const exitAfterMs = 30_000;

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
  const supervisor = new Supervisor([ops, ...(await compose(runtime))], logger);
  closeWithGrace({ delay: exitAfterMs, logger: false }, async ({ err, signal }) => {
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
