import type { Clock } from "../kernel/clock.ts";

/**
 * The result of a call, or a rejection when it takes longer than `ms` on this clock. The call itself goes on: whatever it does
 * later must be harmless.
 */
export function within<T>(clock: Clock, ms: number, call: () => Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = clock.schedule(ms, () => reject(new Error(`no answer within ${Math.round(ms)} ms`)));
    const settle = (act: () => void): void => {
      cancel();
      act();
    };
    call().then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
