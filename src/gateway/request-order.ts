/** Requests about the connection itself come before everything that follows them, whatever its room. */
const connectionKey = "";

/** Starts a request. It calls `release` when no later request can overtake it any more; its end does the same. */
type Begin<T> = (release: () => void) => Promise<T>;

/** Requests that wait, and the effect of one too many. */
export interface RequestOrderOptions {
  readonly waitingMax: number;
  /** Throws. */
  readonly refuse: () => never;
}

/**
 * The order of one connection's requests. Those about one room take effect in the order in which they came; those about the
 * connection itself hold back all that come after them. A request starts in the same turn where nothing can be overtaken,
 * so sends wait for no answer of each other.
 */
export class RequestOrder {
  /** By room: settles when the newest request can no longer be overtaken. Absent where that is so. */
  readonly #newest = new Map<string, Promise<void>>();
  readonly #options: RequestOrderOptions;
  #waiting = 0;

  constructor(options: RequestOrderOptions) {
    this.#options = options;
  }

  /**
   * @param room absent where the request is about the connection
   * @param signal aborts when nobody waits for the answer any more: then a request that has not started never does
   */
  run<T>(room: string | undefined, signal: AbortSignal, begin: Begin<T>): Promise<T> {
    const key = room ?? connectionKey;
    const earlier = [this.#newest.get(connectionKey), this.#newest.get(key)].filter((one) => one !== undefined);
    return earlier.length === 0 ? this.#start(key, begin) : this.#startAfter(earlier, key, { signal, begin });
  }

  /** Notes a request as the newest only if it is not past being overtaken already. */
  #start<T>(key: string, begin: Begin<T>): Promise<T> {
    let released = false;
    let release = (): void => void (released = true);
    const answer = begin(() => release());
    if (!released) release = this.#hold(key, answer);
    return answer;
  }

  #startAfter<T>(
    earlier: readonly Promise<void>[],
    key: string,
    { signal, begin }: { readonly signal: AbortSignal; readonly begin: Begin<T> },
  ): Promise<T> {
    if (this.#waiting >= this.#options.waitingMax) this.#options.refuse();
    this.#waiting += 1;
    let release = (): void => {};
    const answer = Promise.all(earlier).then(() => {
      this.#waiting -= 1;
      signal.throwIfAborted();
      return begin(() => release());
    });
    release = this.#hold(key, answer);
    return answer;
  }

  /** Makes a request the newest until it ends or the returned function is called. */
  #hold(key: string, answer: Promise<unknown>): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    const release = (): void => {
      if (this.#newest.get(key) === promise) this.#newest.delete(key);
      resolve();
    };
    this.#newest.set(key, promise);
    answer.then(release, release);
    return release;
  }
}
