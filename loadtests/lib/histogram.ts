/** Counts by bucket. Plain data, so that it goes through JSON and several can be added. */
export interface Histogram {
  readonly count: number;
  readonly max: number;
  /** By bucket number; see `bucketOf`. */
  readonly buckets: Readonly<Record<string, number>>;
}

export const emptyHistogram: Histogram = { count: 0, max: 0, buckets: {} };

/** Each bucket ends 4 % after the one before: a quantile is at most so much too high. */
const growth = Math.log(1.04);
/** What is shorter is in one bucket, ms. */
const smallest = 0.05;

function bucketOf(ms: number): number {
  return ms <= smallest ? 0 : Math.ceil(Math.log(ms / smallest) / growth);
}

/** Durations in ms in bounded memory, whatever their number. */
export class Recorder {
  readonly #buckets = new Map<number, number>();
  #count = 0;
  #max = 0;

  /** A negative duration, from clocks that differ, counts as 0. */
  record(ms: number): void {
    const bucket = bucketOf(ms);
    this.#buckets.set(bucket, (this.#buckets.get(bucket) ?? 0) + 1);
    this.#count += 1;
    this.#max = Math.max(this.#max, ms);
  }

  read(): Histogram {
    const buckets: Record<string, number> = {};
    for (const [bucket, count] of this.#buckets) buckets[String(bucket)] = count;
    return { count: this.#count, max: this.#max, buckets };
  }
}

export function addHistograms(a: Histogram, b: Histogram): Histogram {
  const buckets: Record<string, number> = { ...a.buckets };
  for (const [bucket, count] of Object.entries(b.buckets)) buckets[bucket] = (buckets[bucket] ?? 0) + count;
  return { count: a.count + b.count, max: Math.max(a.max, b.max), buckets };
}

/**
 * What this share of the durations does not exceed, ms, at most 4 % too high; undefined when there is none.
 *
 * @param share between 0 and 1
 */
export function quantile({ count, max, buckets }: Histogram, share: number): number | undefined {
  if (count === 0) return undefined;
  const numbers = Object.keys(buckets)
    .map(Number)
    .sort((a, b) => a - b);
  let seen = 0;
  for (const bucket of numbers) {
    seen += buckets[String(bucket)] ?? 0;
    if (seen >= share * count) return Math.min(max, smallest * Math.exp(bucket * growth));
  }
  return max;
}
