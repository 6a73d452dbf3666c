import { pino, stdTimeFunctions } from "pino";

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

/** Writes to standard error, so that standard output stays free for what a command prints. */
export function createLogger(options: LoggerOptions): Logger {
  const transport = {
    target: "pino-pretty",
    options: { destination: 2, ignore: "pid,hostname", translateTime: "HH:MM:ss.l" },
  };
  if (options.format === "pretty") return pino({ level: options.level, transport });
  return pino(
    { level: options.level, timestamp: stdTimeFunctions.isoTime, base: null },
    pino.destination({ dest: 2, sync: true }),
  );
}

export const silentLogger: Logger = {
  debug: () => {},
  info: () => {},
  warn: () => {},
  error: () => {},
  child: () => silentLogger,
};
