import { AggregatorRegistry } from "prom-client";
import type { Exposition } from "./metrics.ts";

/** One metric of a snapshot, as prom-client writes it. */
interface Figure {
  readonly type: string;
  readonly values: readonly { readonly value: number }[];
}

type Snapshot = readonly Figure[];

/**
 * What several processes measured, as one: sums, where the catalogue says nothing else. A process counts with the last that was heard of
 * it, and its counters and histograms also when it has ended, as a total that once went down would be taken for one that began again.
 * Holds one snapshot of each process that lives and two of all the others.
 */
export class PooledMetrics {
  readonly #living = new Map<number, Snapshot>();
  /** Totals that the living alone do not have. */
  #gone: Snapshot = [];
  /** Totals when one ended last: sums of fractions, taken apart and added again, may come out a last digit lower. */
  #least: Snapshot = [];

  /** @param snapshot of `Metrics`, all of that process so far */
  heard(id: number, snapshot: unknown): void {
    if (Array.isArray(snapshot)) this.#living.set(id, snapshot.filter(isFigure));
  }

  ended(id: number): void {
    const reached = this.#merged().filter(isTotal);
    if (!this.#living.delete(id)) return;
    this.#least = reached;
    this.#gone = figuresOf(combine([reached, negated(this.#ofLiving().filter(isTotal))], "sum"));
  }

  async exposition(): Promise<Exposition> {
    const merged = combine([this.#merged()]);
    return { text: await merged.metrics(), contentType: merged.contentType };
  }

  #merged(): Snapshot {
    const now = figuresOf(combine([this.#ofLiving(), this.#gone], "sum"));
    return figuresOf(combine([now, this.#least], "max"));
  }

  #ofLiving(): Snapshot {
    return figuresOf(combine([...this.#living.values()]));
  }
}

type Combined = ReturnType<typeof AggregatorRegistry.aggregate>;

/** @param how for all of them; without it each metric as its catalogue says */
function combine(snapshots: readonly Snapshot[], how?: "sum" | "max"): Combined {
  const told = how === undefined ? {} : { aggregator: how };
  return AggregatorRegistry.aggregate(snapshots.map((figures) => figures.map((figure) => ({ ...figure, ...told }))));
}

function figuresOf(combined: Combined): Snapshot {
  const figures: readonly unknown[] = combined.getMetricsAsArray();
  return figures.filter(isFigure);
}

function isFigure(value: unknown): value is Figure {
  if (typeof value !== "object" || value === null) return false;
  const { type, values }: { type?: unknown; values?: unknown } = value;
  return typeof type === "string" && Array.isArray(values);
}

function isTotal({ type }: Figure): boolean {
  return type === "counter" || type === "histogram";
}

function negated(snapshot: Snapshot): Snapshot {
  return snapshot.map((figure) => ({
    ...figure,
    values: figure.values.map((one) => ({ ...one, value: -one.value })),
  }));
}
