import { ChatError, type ErrorCode } from "../protocol/errors.ts";

/** `unknown`: the server may have stored the append. `not-stored`: it did not. */
export type AppendOutcome = "not-stored" | "unknown";

/** Errors after which the server may have stored the append all the same. */
const unsure: ReadonlySet<ErrorCode> = new Set(["UNAVAILABLE", "TIMEOUT", "INTERNAL"]);

export function leavesOutcomeOpen(error: ChatError): boolean {
  return unsure.has(error.code);
}

export interface AppendErrorFacts {
  readonly id: string;
  readonly outcome: AppendOutcome;
  readonly retryAfterMs?: number | undefined;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** The error of an append. A second append with the same `id` stores nothing twice. */
export class AppendError extends ChatError {
  readonly id: string;
  readonly outcome: AppendOutcome;

  constructor(code: ErrorCode, message: string, { id, outcome, retryAfterMs, ...rest }: AppendErrorFacts) {
    super(code, message, { ...rest, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) });
    this.id = id;
    this.outcome = outcome;
  }
}
