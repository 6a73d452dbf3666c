/** Counts who is here by key, and whether there may be more. */
export class Seats {
  readonly #taken = new Map<string, number>();
  readonly #limit: number;

  /** @param limit of one key; 0 is no limit, and nothing is counted */
  constructor(limit: number) {
    this.#limit = limit;
  }

  isFull(key: string): boolean {
    return this.#limit > 0 && (this.#taken.get(key) ?? 0) >= this.#limit;
  }

  /** Takes a seat, whether there is one or not: who asks first has to take it before anything else runs. The returned function gives it back, once. */
  take(key: string): () => void {
    if (this.#limit === 0) return () => undefined;
    this.#taken.set(key, (this.#taken.get(key) ?? 0) + 1);
    let held = true;
    return () => {
      if (held) this.#leave(key);
      held = false;
    };
  }

  #leave(key: string): void {
    const left = (this.#taken.get(key) ?? 0) - 1;
    if (left > 0) this.#taken.set(key, left);
    else this.#taken.delete(key);
  }
}
