import { ChatError, type ErrorCode } from "../protocol/errors.ts";

/** One step of the way that every message goes. `peer` is to another gateway's canary and back. */
export type Leg = "connect" | "join" | "send" | "deliver" | "stored" | "history" | "peer";

/** `refused`: the gateway said no, for a reason that it gives every client. `broken`: anything else. */
export type LegCause = "refused" | "broken";

/** What a gateway answers that works and can't serve at present: others of the fleet would say the same. */
const refusals: ReadonlySet<ErrorCode> = new Set(["OVERLOADED", "RATE_LIMITED", "UNAVAILABLE", "DRAINING"]);

/** A leg came to nothing; `cause` has the error. */
export class LegFailure extends Error {
  override readonly name = "LegFailure";
  readonly leg: Leg;
  readonly kind: LegCause;

  constructor(leg: Leg, cause: unknown) {
    super(`${leg}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
    this.leg = leg;
    this.kind = isRefusal(leg, cause) ? "refused" : "broken";
  }
}

/** A join that finds no log is a gateway that may be alone with that: its own subscription is what it lacks. */
function isRefusal(leg: Leg, cause: unknown): boolean {
  if (!(cause instanceof ChatError) || !refusals.has(cause.code)) return false;
  return leg !== "join" || cause.code !== "UNAVAILABLE";
}
