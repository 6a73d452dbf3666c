import type { Clock } from "../kernel/clock.ts";
import { withDeadline } from "../kernel/deadline.ts";

/** The result of a call to the lease, or a rejection when it takes longer than `ms`. What the call does later must be harmless. */
export function within<T>(clock: Clock, ms: number, call: () => Promise<T>): Promise<T> {
  return withDeadline({ clock, ms, error: () => new Error(`no answer within ${Math.round(ms)} ms`) }, call);
}
