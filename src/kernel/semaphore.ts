/** Lets at most `slots` pieces of work run at a time; the others wait in the order in which they came. */
export class Semaphore {
  #free: number;
  readonly #line = new Set<() => void>();

  constructor(slots: number) {
    this.#free = slots;
  }

  /** Pieces of work that wait for a slot. */
  get waiting(): number {
    return this.#line.size;
  }

  /** @param signal work that still waits when it aborts leaves the line, is never begun, and rejects */
  async run<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    if (this.#free > 0) this.#free -= 1;
    else await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#release();
    }
  }

  #turn(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve, reject) => {
      const begin = (): void => {
        signal?.removeEventListener("abort", leave);
        resolve();
      };
      const leave = (): void => {
        this.#line.delete(begin);
        reject(new Error("nobody waits for this work any more"));
      };
      this.#line.add(begin);
      signal?.addEventListener("abort", leave, { once: true });
    });
  }

  /** A freed slot goes straight to the next in line, so that nobody who comes later overtakes. */
  #release(): void {
    const [next] = this.#line;
    if (next === undefined) this.#free += 1;
    else {
      this.#line.delete(next);
      next();
    }
  }
}
