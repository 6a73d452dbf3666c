import { setTimeout as pause } from "node:timers/promises";

export interface UntilOptions {
  /** How long to keep asking, ms. */
  readonly within?: number;
  /** Between two questions, ms. More where asking costs something. */
  readonly every?: number;
}

/** A pause may be so much longer, ms. Beyond, the machine kept this process from running, which is not the condition's time. */
const unnoticedMs = 50;

/**
 * Asks `condition` again and again until it gives something truthy, and returns that. Rejects when the time is over,
 * with the last thrown error as the cause where there was one.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  { within = 15_000, every = 2 }: UntilOptions = {},
): Promise<NonNullable<T>> {
  let deadline = performance.now() + within;
  let cause: unknown;
  do {
    try {
      const value = await condition();
      if (value) return value;
    } catch (error) {
      cause = error;
    }
    const pausedAt = performance.now();
    await pause(every);
    deadline += Math.max(0, performance.now() - pausedAt - every - unnoticedMs);
  } while (performance.now() < deadline);
  throw new Error(`not so within ${within} ms: ${condition.toString()}`, { cause });
}
