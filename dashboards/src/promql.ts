/* The expressions that boards use again and again. `@` is explained at `Target`. */

export interface Of {
  /** Labels to keep, with commas; without it everything is added. */
  readonly by?: string;
  /** Further matchers, with commas. */
  readonly where?: string;
}

/** What a counter grew by in a second. */
export function perSecond(counter: string, of: Of = {}): string {
  return `sum${byOf(of)}(rate(${counter}${matchers(of)}[$__rate_interval]))`;
}

/** What a counter grew by between two points of the graph. */
export function grown(counter: string, of: Of = {}): string {
  return `sum${byOf(of)}(increase(${counter}${matchers(of)}[$__rate_interval]))`;
}

/** A quantile of a histogram, by the bounds of its buckets. */
export function quantile(q: number, histogram: string, of: Of = {}): string {
  const by = of.by === undefined ? "le" : `${of.by}, le`;
  return `histogram_quantile(${q}, ${perSecond(`${histogram}_bucket`, { ...of, by })})`;
}

/** The mean of what a histogram observed. */
export function mean(histogram: string, of: Of = {}): string {
  return `${perSecond(`${histogram}_sum`, of)} / ${perSecond(`${histogram}_count`, of)}`;
}

/** The buckets of a histogram, for a heat map. */
export function buckets(histogram: string, of: Of = {}): string {
  return grown(`${histogram}_bucket`, { ...of, by: "le" });
}

function byOf({ by }: Of): string {
  return by === undefined ? "" : ` by (${by}) `;
}

function matchers({ where }: Of): string {
  return where === undefined ? "{@}" : `{@, ${where}}`;
}
