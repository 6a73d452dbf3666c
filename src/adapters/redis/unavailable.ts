import { ChatError } from "../../protocol/errors.ts";

/** Told to a client whose request met a Redis that could not be reached, ms. */
const retryAfterMs = 1_000;

/** What a failed command means to a caller: whether it was done is unknown, except where Redis says that it refused. */
export function asChatError(error: unknown): ChatError {
  if (error instanceof ChatError) return error;
  if (isReply(error, "OOM")) {
    return new ChatError("OVERLOADED", "the log is out of memory", { retryAfterMs, cause: error });
  }
  return unavailable("the log can't be reached", error);
}

export function unavailable(message: string, cause?: unknown, afterMs = retryAfterMs): ChatError {
  return new ChatError("UNAVAILABLE", message, { retryAfterMs: afterMs, cause });
}

/** Whether Redis answered with an error of this code. */
export function isReply(error: unknown, code: string): boolean {
  return error instanceof Error && error.message.startsWith(code);
}
