/** Where virtual users wait for each other. */
export class Gathering {
  #here = 0;
  #waiting: (() => void)[] = [];
  readonly #expected: number;
  readonly #withinMs: number;

  /** @param withinMs how long one waits for those who do not come */
  constructor(expected: number, withinMs: number) {
    this.#expected = expected;
    this.#withinMs = withinMs;
  }

  /** Resolves when all are here, or the time is over. */
  arrive(): Promise<void> {
    this.#here += 1;
    if (this.#here >= this.#expected) {
      for (const go of this.#waiting.splice(0)) go();
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, this.#withinMs);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }
}
