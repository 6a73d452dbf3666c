import type { Clock } from "./clock.ts";

/** A bound on how long someone waits. */
export interface Deadline {
  readonly clock: Clock;
  readonly ms: number;
  /** What the waiter is told when time is up. */
  readonly error: () => Error;
}

/**
 * Waits for `work` until the deadline, then rejects with its error. The work is told through the signal and not stopped;
 * what it does later is ignored.
 */
export async function withDeadline<T>(deadline: Deadline, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const abort = new AbortController();
  let cancel = (): void => {};
  const timeUp = new Promise<never>((_resolve, reject) => {
    cancel = deadline.clock.schedule(deadline.ms, () => {
      abort.abort();
      reject(deadline.error());
    });
  });
  try {
    return await Promise.race([work(abort.signal), timeUp]);
  } finally {
    cancel();
  }
}
