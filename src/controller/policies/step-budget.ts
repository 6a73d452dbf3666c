/**
 * The work that one round may do, in steps of some tens of nanoseconds. Steps are counted and not timed, so that the same policies give the
 * same answer in every round and on every machine.
 */
export class StepBudget {
  #left: number;

  /** @param steps that all takers together have */
  constructor(steps: number) {
    this.#left = steps;
  }

  /** Takes steps where there are as many. Once refused, all later takers are refused too. */
  take(steps: number): boolean {
    this.#left = steps > this.#left ? 0 : this.#left - steps;
    return this.#left > 0;
  }
}
