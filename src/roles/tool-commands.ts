import { type Command, Option } from "commander";
import type { RawSettings } from "../config/index.ts";
import { printConfig } from "./config.ts";
import type { ProbeFlags } from "./probe.ts";
import type { TokenFlags } from "./token.ts";

/** How the tools read settings; given by the command line. */
export interface SettingsAccess {
  withSettings(command: Command): Command;
  settingsFor(command: Command): RawSettings;
}

const roles = ["all-in-one", "gateway", "flusher", "controller"] as const;

/** Environment variable with the token of `weir probe`. */
const probeToken = "WEIR_PROBE_TOKEN";

/** The commands that do one thing and end. */
export function addTools(program: Command, access: SettingsAccess): void {
  addToken(program, access);
  addProbe(program, access);
  addDeadLetters(program, access);
  access
    .withSettings(program.command("config"))
    .description("print the compiled configuration of a role, secrets hidden")
    .addOption(new Option("--role <role>", "whose defaults and rules apply").choices(roles).default("gateway"))
    .action((options: { readonly role: (typeof roles)[number] }, command: Command) => {
      printConfig(access.settingsFor(command), options.role);
    });
}

function addToken(program: Command, access: SettingsAccess): void {
  access
    .withSettings(program.command("token"))
    .description("print a token, signed with WEIR_JWT_SECRET or the development secret in the data folder")
    .requiredOption("--sub <id>", "the user's id")
    .option("--name <name>", "the user's name")
    .option(
      "--rooms <grants>",
      "what it allows, such as 'team:*=read,write;lobby=read' (default: the deployment's grant)",
    )
    .option("--exp <duration>", "how long it is valid", "1h")
    .action(async (options: TokenFlags, command: Command) => {
      const { printToken } = await import("./token.ts");
      await printToken(access.settingsFor(command), options);
    });
}

function addProbe(program: Command, access: SettingsAccess): void {
  access
    .withSettings(program.command("probe"))
    .description(
      "a real round trip: connect, join, send, deliver, stored, history; prints the timings, exits with 1 where one fails",
    )
    .requiredOption("--url <url>", "the gateway, such as http://127.0.0.1:3000")
    .addOption(
      new Option(
        "--token <token>",
        "a token with read and write in the room (default: signed as by `weir token`, for that room)",
      ).env(probeToken),
    )
    .option("--room <room>", "where to send the probe's message", "weir-probe")
    .option("--timeout <duration>", "how long all of it may take", "10s")
    .action(async (options: ProbeFlags, command: Command) => {
      const { runProbe } = await import("./probe.ts");
      if (command.getOptionValueSource("token") === "cli")
        process.stderr.write(`warning: --token is visible in the process list; set ${probeToken}\n`);
      await runProbe(access.settingsFor(command), options);
    });
}

function addDeadLetters(program: Command, access: SettingsAccess): void {
  const group = program.command("deadletter").description("entries that the store refused").exitOverride();
  for (const [action, description] of [
    ["list", "print them as JSON lines"],
    ["replay", "offer them to the store again and forget those that it takes"],
  ] as const) {
    access
      .withSettings(group.command(action))
      .description(description)
      .option("--limit <n>", "at most this many of each partition", "1000")
      .action(async (options: { readonly limit: string }, command: Command) => {
        const { runDeadLetters } = await import("./deadletter.ts");
        await runDeadLetters(action, access.settingsFor(command), options.limit);
      });
  }
}
