import { type Entry, foldOne } from "../src/client/index.ts";

/** Messages kept when the reader is at the end and the list has grown beyond twice as many. */
const keptMax = 300;
/** Late changes remembered, for pages of history that were read before them. */
const changesMax = 500;

/** The messages of one room that are loaded, with all changes folded in. */
export class Timeline {
  readonly #shown = new Map<number, Entry>();
  readonly #breaks = new Set<number>();
  #changes: Entry[] = [];
  /** Nothing is older than the oldest that is loaded. */
  complete = false;

  /** Ascending. */
  get entries(): readonly Entry[] {
    return [...this.#shown.values()].sort((a, b) => a.seq - b.seq);
  }

  /** Whether something is lost between two seqs. */
  isBroken(from: number, to: number): boolean {
    return [...this.#breaks].some((seq) => from <= seq && seq < to);
  }

  get oldest(): number | undefined {
    const seqs = [...this.#shown.keys()];
    return seqs.length === 0 ? undefined : Math.min(...seqs);
  }

  get(seq: number): Entry | undefined {
    return this.#shown.get(seq);
  }

  /** What the room delivered, in order. */
  add(entries: readonly Entry[]): void {
    for (const entry of entries) {
      if (entry.kind === "message") this.#shown.set(entry.seq, entry);
      else this.#change(entry);
    }
  }

  /** An older page of history. Changes that were delivered while it was on its way may be missing in it. */
  prepend(page: readonly Entry[], more: boolean): void {
    for (const entry of page) {
      if (entry.kind === "message" && !this.#shown.has(entry.seq)) this.#shown.set(entry.seq, this.#folded(entry));
    }
    this.complete = !more;
  }

  /** Something after this seq is lost. What is loaded may be part of it: all of it is let go, and can be read again. */
  breakAfter(seq: number): void {
    this.#breaks.add(seq);
    this.#shown.clear();
    this.complete = false;
  }

  /** Lets go of the oldest, where there are many: they can be read again. */
  trim(): void {
    const { entries } = this;
    if (entries.length <= 2 * keptMax) return;
    for (const { seq } of entries.slice(0, -keptMax)) this.#shown.delete(seq);
    this.complete = false;
  }

  #change(change: Entry): void {
    this.#changes = [...this.#changes.slice(1 - changesMax), change];
    const target = change.target === undefined ? undefined : this.#shown.get(change.target);
    if (target !== undefined) this.#shown.set(target.seq, foldOne(target, change));
  }

  #folded(entry: Entry): Entry {
    return this.#changes.filter(({ target }) => target === entry.seq).reduce(foldOne, entry);
  }
}
