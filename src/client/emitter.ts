type Listener<T> = (value: T) => void;
type Listeners<E> = { [K in keyof E]?: Set<Listener<E[K]>> };

/** Events by name, each with one typed value. */
export class Emitter<E extends object> {
  readonly #listeners: Listeners<E> = {};

  /** Calls `listener` at each event from now on; the returned function ends that. */
  on<K extends keyof E>(event: K, listener: (value: E[K]) => void): () => void {
    const listeners = this.#listeners[event] ?? new Set<Listener<E[K]>>();
    this.#listeners[event] = listeners;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** A listener that throws stops no other one; its error is reported as uncaught, as a bug of its own. */
  emit<K extends keyof E>(event: K, value: E[K]): void {
    for (const listener of this.#listeners[event] ?? []) {
      try {
        listener(value);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
