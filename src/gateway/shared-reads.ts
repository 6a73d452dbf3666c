/** Lets those who ask the same at the same time share one read. Nothing is kept once it is answered. */
export class SharedReads<T> {
  readonly #running = new Map<string, Promise<T>>();

  share(key: string, read: () => Promise<T>): Promise<T> {
    const running = this.#running.get(key);
    if (running !== undefined) return running;
    const started = read().finally(() => this.#running.delete(key));
    this.#running.set(key, started);
    return started;
  }
}
