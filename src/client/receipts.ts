import type { ClientClock } from "./client-clock.ts";

/** The server judges from receipts how far behind a client is, so they come after this many entries at the latest. */
const everyEntries = 100;
/** Or this long after the first entry that no receipt covers, ms. */
const everyMs = 5_000;

/** Tells the server now and then how far this client is in a room. */
export class Receipts {
  readonly #clock: ClientClock;
  readonly #tell: (seq: number) => void;
  #uncovered = 0;
  #seq = 0;
  #cancel: (() => void) | undefined;

  constructor(clock: ClientClock, tell: (seq: number) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  /** `entries` more were delivered, the last of them at `seq`. */
  delivered(entries: number, seq: number): void {
    this.#uncovered += entries;
    this.#seq = seq;
    if (this.#uncovered >= everyEntries) this.#send();
    else this.#cancel ??= this.#clock.schedule(everyMs, () => this.#send());
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    this.#uncovered = 0;
  }

  #send(): void {
    this.stop();
    this.#tell(this.#seq);
  }
}
