/** Where something is: what a message's answer, an entry and a head have in common. */
export interface Place {
  /** A number as text that rises when the log may have lost its tail. */
  readonly epoch: string;
  readonly seq: number;
}

/** Negative when `a` is before `b`, 0 when they are the same place. */
export function comparePlaces(a: Place, b: Place): number {
  return Number(a.epoch) - Number(b.epoch) || a.seq - b.seq;
}

interface Hole {
  /** The place before it. */
  readonly after: Place;
  /** Its last seq. */
  readonly to: number;
}

/** What a member has not got, as ranges, ascending. */
export class Holes {
  #holes: readonly Hole[] = [];

  /** How many entries are missing. */
  get size(): number {
    return this.#holes.reduce((sum, { after, to }) => sum + to - after.seq, 0);
  }

  /** The place before the first of them. */
  get start(): Place | undefined {
    return this.#holes[0]?.after;
  }

  /** @param after later than every hole there is @param to its last seq; nothing where it is not after `after` */
  open(after: Place, to: number): void {
    if (to > after.seq) this.#holes = [...this.#holes, { after, to }];
  }

  /** Returns whether this one was missing. */
  fill({ epoch, seq }: Place): boolean {
    const hit = this.#holes.find(({ after, to }) => after.seq < seq && seq <= to);
    if (hit === undefined) return false;
    const rest: readonly Hole[] = [
      { after: hit.after, to: seq - 1 },
      { after: { epoch, seq }, to: hit.to },
    ].filter(({ after, to }) => to > after.seq);
    this.#holes = this.#holes.flatMap((hole) => (hole === hit ? rest : [hole]));
    return true;
  }

  /** Forgets all of them. Returns how many entries that were. */
  clear(): number {
    const { size } = this;
    this.#holes = [];
    return size;
  }
}
