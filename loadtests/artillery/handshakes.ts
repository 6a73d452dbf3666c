/** What a run tells of its handshakes. */
export interface HandshakeCounts {
  readonly handshakes: number;
  /** From the first to the last of them, s. */
  readonly handshakeSeconds: number;
  readonly handshakesRefused: number;
}

/** Counts handshakes from a moment on. */
export class Handshakes {
  #opened = 0;
  #refused = 0;
  #first: number | undefined;
  #last = 0;

  /** @param at ms, of any clock */
  opened(at: number): void {
    this.#opened += 1;
    this.#first ??= at;
    this.#last = at;
  }

  refused(): void {
    this.#refused += 1;
  }

  /** From now on another kind of handshake is measured. */
  beginAt(at: number): void {
    this.#opened = 0;
    this.#refused = 0;
    this.#first = at;
    this.#last = at;
  }

  read(): HandshakeCounts {
    return {
      handshakes: this.#opened,
      handshakeSeconds: (this.#last - (this.#first ?? this.#last)) / 1_000,
      handshakesRefused: this.#refused,
    };
  }
}
