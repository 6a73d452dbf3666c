import type { ChatError, ErrorCode } from "../protocol/errors.ts";

/** What is known when a request has failed. */
export interface RetryFacts {
  readonly error: ChatError;
  /** Failures before this one. */
  readonly attempt: number;
  /** Time left until the request's deadline, ms. */
  readonly leftMs: number;
  /** A number in [0, 1). */
  readonly random: number;
}

export type RetryVerdict = { readonly kind: "retry"; readonly afterMs: number } | { readonly kind: "end" };

const baseMs = 500;
const maxMs = 10_000;

/** Over once the client has joined or signed in again, which it does by itself. */
const curedByRejoin: ReadonlySet<ErrorCode> = new Set(["NOT_IN_ROOM", "AUTH_EXPIRED", "UNAUTHENTICATED"]);

/** Whether the same request can succeed later. */
function isWorthRetrying({ code, retryable }: ChatError): boolean {
  return retryable || curedByRejoin.has(code);
}

/**
 * Whether to send a request again, and when. A wait that the server asked for is kept to; one that would end after the
 * deadline ends the request now, since nothing can change any more.
 */
export function decideRetry(facts: RetryFacts): RetryVerdict {
  if (!isWorthRetrying(facts.error) || facts.leftMs <= 0) return { kind: "end" };
  const asked = facts.error.retryAfterMs;
  if (asked !== undefined) return asked < facts.leftMs ? { kind: "retry", afterMs: asked } : { kind: "end" };
  const bound = Math.min(maxMs, baseMs * 2 ** Math.min(facts.attempt, 30));
  return { kind: "retry", afterMs: Math.min(facts.leftMs, Math.round(bound / 2 + (facts.random * bound) / 2)) };
}
