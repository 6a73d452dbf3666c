import type { Metrics } from "../../telemetry/metrics.ts";

/** Rooms without a subscription that are remembered; the one seen longest ago makes room. */
const defaultCapacity = 10_000;

/**
 * The highest seq that this process has seen in each room, whatever became of it in the log. Rooms that are held are
 * kept; of the others the most recent.
 */
export class SeenSeqs {
  readonly #held = new Map<string, number>();
  readonly #recent = new Map<string, number>();
  readonly #metrics: Metrics;
  readonly #capacity: number;

  constructor(metrics: Metrics, capacity = defaultCapacity) {
    this.#metrics = metrics;
    this.#capacity = capacity;
  }

  note(room: string, seq: number): void {
    const highest = Math.max(seq, this.of(room));
    if (this.#held.has(room)) this.#held.set(room, highest);
    else this.#remember(room, highest);
  }

  /** 0 where nothing was seen. */
  of(room: string): number {
    return this.#held.get(room) ?? this.#recent.get(room) ?? 0;
  }

  hold(room: string): void {
    this.#held.set(room, this.of(room));
    this.#recent.delete(room);
  }

  release(room: string): void {
    const seq = this.of(room);
    if (this.#held.delete(room) && seq > 0) this.#remember(room, seq);
  }

  rooms(): [room: string, seq: number][] {
    return [...this.#held, ...this.#recent].filter(([, seq]) => seq > 0);
  }

  #remember(room: string, seq: number): void {
    this.#recent.delete(room);
    this.#recent.set(room, seq);
    if (this.#recent.size <= this.#capacity) return;
    const [oldest] = this.#recent.keys();
    if (oldest === undefined) return;
    this.#metrics.count("weir_cap_reached_total", { cap: "seen_rooms" });
    this.#recent.delete(oldest);
  }
}
