import { ManualClock } from "../../src/kernel/manual-clock.ts";

/** A manual clock that knows how many of its timers are still to ring. */
export class CountingClock extends ManualClock {
  readonly #waiting = new Set<object>();

  get timers(): number {
    return this.#waiting.size;
  }

  override schedule(ms: number, run: () => void): () => void {
    const timer = {};
    this.#waiting.add(timer);
    const cancel = super.schedule(ms, () => {
      this.#waiting.delete(timer);
      run();
    });
    return () => {
      this.#waiting.delete(timer);
      cancel();
    };
  }
}
