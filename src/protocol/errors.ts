/** What a client should do about an error. */
interface ErrorFact {
  /** Whether the same request can succeed later, unchanged. A single error may say otherwise. */
  readonly retryable: boolean;
  /** HTTP status where the error ends a request or a handshake. */
  readonly status: number;
  /** For the reference page: when it happens and what to do. */
  readonly meaning: string;
}

/** The closed list of error codes. docs/errors.md is generated from it. */
export const errorCatalogue = {
  BAD_REQUEST: { retryable: false, status: 400, meaning: "The request does not have the documented shape." },
  UNAUTHENTICATED: { retryable: false, status: 401, meaning: "No token, or one that does not verify." },
  AUTH_EXPIRED: { retryable: false, status: 401, meaning: "The token's time is over: get a new one, then reconnect." },
  FORBIDDEN: {
    retryable: false,
    status: 403,
    meaning: "The token, or a policy of the room, does not allow this here.",
  },
  NOT_IN_ROOM: { retryable: false, status: 409, meaning: "Join the room first." },
  ROOM_FULL: {
    retryable: true,
    status: 409,
    meaning:
      "The room is at its limit of members: wait as told. Or this connection is at its limit of rooms: not retryable, leave a room first.",
  },
  MUTED: {
    retryable: true,
    status: 403,
    meaning: "A moderator took this user's voice in the room for a while. Reserved: no gateway answers it yet.",
  },
  BANNED: {
    retryable: false,
    status: 403,
    meaning: "A moderator keeps this user out of the room. Reserved: no gateway answers it yet.",
  },
  SLOW_MODE: {
    retryable: true,
    status: 429,
    meaning: "The room takes one message per user in each interval: wait as told.",
  },
  RATE_LIMITED: { retryable: true, status: 429, meaning: "Too many requests: wait as told." },
  TOO_LARGE: { retryable: false, status: 413, meaning: "The text is over the limit of its room." },
  NOT_FOUND: { retryable: false, status: 404, meaning: "There is no such message or event." },
  CONFLICT: {
    retryable: false,
    status: 409,
    meaning:
      "The message is in a state that does not allow this: deleted, or with as many reactions as it may have. Or the `id` was used for another kind, target or content: nothing was done, use a new `id`. Or, at the tier `stored`, the database refused the entry: it was put aside as a dead letter.",
  },
  OVERLOADED: {
    retryable: true,
    status: 503,
    meaning:
      "The log has no room, the buffer before the database is over its watermark, too many reads wait for the database, or the gateway lets nobody in: nothing was stored, wait as told.",
  },
  UNAVAILABLE: {
    retryable: true,
    status: 503,
    meaning: "The log can't be reached: whether it was stored is unknown, retry with the same id.",
  },
  DRAINING: { retryable: true, status: 503, meaning: "This gateway is leaving: reconnect, another one answers." },
  TIMEOUT: {
    retryable: true,
    status: 504,
    meaning: "No answer within the deadline: whether it was stored is unknown, retry with the same id.",
  },
  INTERNAL: {
    retryable: true,
    status: 500,
    meaning: "A fault of ours, in the log with its cause. Retry with the same id.",
  },
} as const satisfies Readonly<Record<string, ErrorFact>>;

export type ErrorCode = keyof typeof errorCatalogue;

/** The error as a client sees it. */
export interface WireError {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  /** How long to wait before the next try, ms. */
  readonly retryAfterMs?: number;
}

export interface ChatErrorOptions {
  readonly retryAfterMs?: number;
  /** Whether a retry can succeed, where that is not what the catalogue says of the code. */
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

/** A failure that has a code. Everything that a client is told passes through here; nothing else leaves the process. */
export class ChatError extends Error {
  override readonly name = "ChatError";
  readonly code: ErrorCode;
  readonly retryAfterMs: number | undefined;
  readonly retryable: boolean;

  constructor(code: ErrorCode, message: string, options: ChatErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryAfterMs = options.retryAfterMs;
    this.retryable = options.retryable ?? errorCatalogue[code].retryable;
  }
}

/** The wire form. An error without a code becomes INTERNAL and keeps its text to itself. */
export function toWireError(error: unknown): WireError {
  if (!(error instanceof ChatError)) return { code: "INTERNAL", message: "internal error", retryable: true };
  const { retryable } = error;
  const after = error.retryAfterMs === undefined ? {} : { retryAfterMs: error.retryAfterMs };
  return { code: error.code, message: error.message, retryable, ...after };
}
