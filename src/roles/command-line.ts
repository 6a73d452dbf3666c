import { Command, Option } from "commander";
import { flagName, loadEnvironment, type RawSettings, settingCatalogue } from "../config/index.ts";
import { maskUrls } from "../kernel/mask-urls.ts";
import { addTools } from "./tool-commands.ts";
import { version } from "./version.ts";

/** A setting that a flag gave wins over the environment. */
export function settingsFor(command: Command): RawSettings {
  const flags: Record<string, string | undefined> = {};
  for (const name of Object.keys(settingCatalogue)) {
    const value: unknown = command.getOptionValue(name);
    if (typeof value === "string") flags[name] = value;
  }
  return { ...loadEnvironment(), ...flags };
}

/** A command that takes every setting as a flag. */
export function withSettings(command: Command): Command {
  for (const [name, setting] of Object.entries(settingCatalogue)) {
    const standing = "fallback" in setting ? ` (default ${setting.fallback})` : "";
    command.addOption(new Option(`${flagName(name)} <value>`, `${setting.meaning}${standing}`));
  }
  return command.exitOverride();
}

/** `weir …`. Roles are loaded when they are called, so that a small tool starts fast. */
export function createCommandLine(): Command {
  const program = new Command("weir").description("Self-hosted chat backend").version(version()).exitOverride();
  // Subcommands take this over. A flag that is not known is shown with its value.
  program.configureOutput({ writeErr: (text) => void process.stderr.write(maskUrls(text)) });
  withSettings(program.command("all-in-one"))
    .description("gateway and flusher in one process, on embedded stores unless told otherwise, with a demo page")
    .action(async (_options, command: Command) => {
      const { runAllInOne } = await import("./all-in-one.ts");
      await runAllInOne(settingsFor(command));
    });
  withSettings(program.command("gateway"))
    .description("holds the connections of clients; run as many as you need")
    .action(async (_options, command: Command) => {
      const { runGateway } = await import("./gateway.ts");
      await runGateway(settingsFor(command));
    });
  withSettings(program.command("flusher"))
    .description("writes the log behind to the database; run two, one of them leads")
    .action(async (_options, command: Command) => {
      const { runFlusher } = await import("./flusher.ts");
      await runFlusher(settingsFor(command));
    });
  withSettings(program.command("controller"))
    .description("judges the deployment in Kubernetes and publishes room policies; run two, one of them leads")
    .action(async (_options, command: Command) => {
      const { runController } = await import("./controller.ts");
      await runController(settingsFor(command));
    });
  addTools(program, { withSettings, settingsFor });
  return program;
}
