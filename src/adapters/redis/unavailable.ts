import { ChatError } from "../../protocol/errors.ts";

/** Told to a client whose request met a Redis that could not be reached, ms. */
const retryAfterMs = 1_000;
/** Told where an operator has to act first, ms. */
const operatorMs = 5_000;

interface Refusal {
  readonly code: "OVERLOADED" | "UNAVAILABLE";
  readonly message: string;
  readonly retryAfterMs: number;
}

/** Errors by which Redis refuses a command before it does anything. OVERLOADED: it has no room. UNAVAILABLE: it can't serve now. */
const refusals = {
  OOM: { code: "OVERLOADED", message: "the log is out of memory", retryAfterMs },
  MISCONF: { code: "OVERLOADED", message: "the log can't write to its disk", retryAfterMs: operatorMs },
  READONLY: { code: "UNAVAILABLE", message: "the log's server is a replica", retryAfterMs },
  MASTERDOWN: { code: "UNAVAILABLE", message: "the log's server is a replica without a primary", retryAfterMs },
  NOREPLICAS: { code: "UNAVAILABLE", message: "the log has too few replicas", retryAfterMs: operatorMs },
  LOADING: { code: "UNAVAILABLE", message: "the log loads its data", retryAfterMs },
  BUSY: { code: "UNAVAILABLE", message: "the log is busy with a script", retryAfterMs },
  CLUSTERDOWN: { code: "UNAVAILABLE", message: "a part of the log is down", retryAfterMs },
} as const satisfies Readonly<Record<string, Refusal>>;

export type RefusalCode = keyof typeof refusals;

/** The code of a refusal, undefined for any other error. */
export function refusalCode(error: unknown): RefusalCode | undefined {
  const [code = ""] = error instanceof Error ? error.message.split(" ", 1) : [];
  return isRefusalCode(code) ? code : undefined;
}

/** What a failed command means to a caller: whether it was done is unknown, except where Redis says that it refused. */
export function asChatError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  const refused = refusalCode(error);
  if (refused === undefined) return unavailable("the log can't be reached", error);
  const { code, message, retryAfterMs: afterMs } = refusals[refused];
  return new ChatError(code, message, { retryAfterMs: afterMs, cause: error });
}

export function unavailable(message: string, cause?: unknown, afterMs = retryAfterMs): ChatError {
  return new ChatError("UNAVAILABLE", message, { retryAfterMs: afterMs, cause });
}

/** Whether Redis answered with an error of this code. */
export function isReply(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(code);
}

function isRefusalCode(code: string): code is RefusalCode {
  return Object.hasOwn(refusals, code);
}
