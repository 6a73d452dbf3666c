import { pino, stdTimeFunctions } from "pino";
import { maskUrls } from "../kernel/mask-urls.ts";

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Log events are constant strings with fields, so that they can be counted. Never a token, never a text of a message. */
export interface Logger {
  debug(fields: object, event: string): void;
  info(fields: object, event: string): void;
  warn(fields: object, event: string): void;
  error(fields: object, event: string): void;
  /** A logger that adds these fields to all it says. */
  child(fields: Record<string, unknown>): Logger;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly format: "json" | "pretty";
}

/** Writes to standard error, so that standard output stays free for what a command prints. URLs are masked in every field. */
export function createLogger(options: LoggerOptions): Logger {
  const transport = {
    target: "pino-pretty",
    options: { destination: 2, ignore: "pid,hostname", translateTime: "HH:MM:ss.l" },
  };
  if (options.format === "pretty") return pino({ level: options.level, hooks, transport });
  return pino(
    { level: options.level, hooks, timestamp: stdTimeFunctions.isoTime, base: null },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** Errors and their causes are text by then, wherever their libraries keep a URL. */
const hooks = { streamWrite: maskLine };

const jsonText = /"[^"\\]*(?:\\.[^"\\]*)*"/g;

/** A line of JSON with its URLs masked. */
export function maskLine(line: string): string {
  return line.includes("://") ? line.replace(jsonText, maskJsonText) : line;
}

function maskJsonText(text: string): string {
  return text.includes("://") ? JSON.stringify(maskUrls(String(JSON.parse(text)))) : text;
}

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};
