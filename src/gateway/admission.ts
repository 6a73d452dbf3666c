import { ChatError, type ErrorCode } from "../protocol/errors.ts";
import type { Turn } from "./admission-line.ts";
import type { Shedding } from "./load-level.ts";

/** Why a handshake is refused: the label of the metric. */
export type AdmissionCause = "draining" | "loop" | "memory" | "rate" | "address" | "origin" | "query_token" | "user";

/** All that is known of a handshake when it is judged. */
export interface HandshakeFacts {
  /** The gateway is leaving. */
  readonly draining: boolean;
  /** What the process has too little of to let anyone in. */
  readonly shortOf: Shedding["newcomers"];
  readonly turn: Turn;
  /** As many connections of this client's address are open as may be. */
  readonly addressFull: boolean;
  readonly originAllowed: boolean;
  /** A token in the URL would end up in logs. */
  readonly tokenInQuery: boolean;
  /** As many connections of this user are open as may be. Known once the token is. */
  readonly userFull: boolean;
}

/** What nobody is refused for. Requests of a connection that is open already differ from it in the cheap facts only. */
export const harmless: HandshakeFacts = {
  draining: false,
  shortOf: undefined,
  turn: { granted: true, waitMs: 0, line: { resuming: { tokens: 0, at: 0 }, new: { tokens: 0, at: 0 } } },
  addressFull: false,
  originAllowed: true,
  tokenInQuery: false,
  userFull: false,
};

export type Verdict =
  /** Let in after the wait, ms. */
  | { readonly kind: "admitted"; readonly waitMs: number }
  | {
      readonly kind: "refused";
      readonly cause: AdmissionCause;
      readonly code: ErrorCode;
      readonly message: string;
      /** Absent where coming back changes nothing. */
      readonly retryAfterMs?: number;
    };

/** When those who are refused come back: not before `afterMs`, and spread over `spreadMs` so that they do not come together. */
interface ComeBack {
  readonly afterMs: number;
  readonly spreadMs: number;
}

interface Check {
  readonly cause: AdmissionCause;
  readonly fails: (facts: HandshakeFacts) => boolean;
  readonly code: ErrorCode;
  readonly message: string;
  readonly comeBack?: (facts: HandshakeFacts) => ComeBack;
}

const soon: ComeBack = { afterMs: 1_000, spreadMs: 2_000 };
const later: ComeBack = { afterMs: 2_000, spreadMs: 4_000 };
const muchLater: ComeBack = { afterMs: 10_000, spreadMs: 10_000 };

/** In this order, cheapest first. The token is checked between the last two: it is the one that costs. */
const checks: readonly Check[] = [
  {
    cause: "draining",
    fails: ({ draining }) => draining,
    code: "DRAINING",
    message: "this gateway is leaving",
    comeBack: () => soon,
  },
  {
    cause: "loop",
    fails: ({ shortOf }) => shortOf === "loop",
    code: "OVERLOADED",
    message: "this gateway has too much to do",
    comeBack: () => later,
  },
  {
    cause: "memory",
    fails: ({ shortOf }) => shortOf === "memory",
    code: "OVERLOADED",
    message: "this gateway has too little memory left",
    comeBack: () => later,
  },
  {
    cause: "rate",
    fails: ({ turn }) => !turn.granted,
    code: "RATE_LIMITED",
    message: "too many handshakes",
    comeBack: ({ turn }) => ({ afterMs: turn.granted ? 0 : turn.retryAfterMs, spreadMs: 4_000 }),
  },
  {
    cause: "address",
    fails: ({ addressFull }) => addressFull,
    code: "RATE_LIMITED",
    message: "too many connections of this address",
    comeBack: () => muchLater,
  },
  {
    cause: "origin",
    fails: ({ originAllowed }) => !originAllowed,
    code: "FORBIDDEN",
    message: "this origin is not allowed",
  },
  {
    cause: "query_token",
    fails: ({ tokenInQuery }) => tokenInQuery,
    code: "UNAUTHENTICATED",
    message: "tokens are not accepted in the query string",
  },
  {
    cause: "user",
    fails: ({ userFull }) => userFull,
    code: "RATE_LIMITED",
    message: "too many connections of this user",
    comeBack: () => muchLater,
  },
];

/**
 * Whether a handshake gets in, by the first check that fails.
 * @param random a number in [0, 1)
 */
export function judgeHandshake(facts: HandshakeFacts, random: number): Verdict {
  const failed = checks.find(({ fails }) => fails(facts));
  if (failed === undefined) return { kind: "admitted", waitMs: facts.turn.granted ? facts.turn.waitMs : 0 };
  const { cause, code, message, comeBack } = failed;
  if (comeBack === undefined) return { kind: "refused", cause, code, message };
  const { afterMs, spreadMs } = comeBack(facts);
  return { kind: "refused", cause, code, message, retryAfterMs: Math.round(afterMs + random * spreadMs) };
}

/** The refusal as clients are told. */
export function refusalError({ code, message, retryAfterMs }: Verdict & { readonly kind: "refused" }): ChatError {
  return new ChatError(code, message, retryAfterMs === undefined ? {} : { retryAfterMs });
}
