import { CommanderError } from "commander";
import { ConfigError } from "./config/index.ts";
import { maskUrls } from "./kernel/mask-urls.ts";
import { StoppedEarly } from "./lifecycle/supervisor.ts";
import { createCommandLine } from "./roles/command-line.ts";

const exitCodes = { stopped: 0, fault: 1, configuration: 2 } as const;

function exitCodeOf(error: unknown): number {
  if (error instanceof ConfigError) return exitCodes.configuration;
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.stopped : exitCodes.configuration;
  return exitCodes.fault;
}

/** Not for StoppedEarly: what stopped the process also ends it, with a code of its own. */
function fail(error: unknown): never {
  if (!(error instanceof CommanderError))
    process.stderr.write(`weir: ${maskUrls(error instanceof Error ? error.message : String(error))}\n`);
  process.exit(exitCodeOf(error));
}

try {
  await createCommandLine().parseAsync();
} catch (error) {
  if (!(error instanceof StoppedEarly)) fail(error);
}
