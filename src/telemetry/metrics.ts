import { type Aggregator, Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from "prom-client";
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelsOf,
  type MetricName,
  metricCatalogue,
} from "./metric-catalogue.ts";
import type { Emitter, MetricFact } from "./metric-fact.ts";

/** Measures by catalogue name; a name, kind or label that is not in the catalogue does not compile. */
export interface Metrics {
  /** Adds to a counter, 1 where not told. */
  count<N extends CounterName>(name: N, labels: LabelsOf<N>, by?: number): void;
  set<N extends GaugeName>(name: N, labels: LabelsOf<N>, value: number): void;
  observe<N extends HistogramName>(name: N, labels: LabelsOf<N>, value: number): void;
  /** Runs at every scrape, before the figures are read: for gauges that are cheaper to ask than to follow. */
  beforeScrape(collect: () => void | Promise<void>): void;
  /** The exposition text of all metrics, and its content type. */
  scrape(): Promise<Exposition>;
  /** All metrics as plain data, for another process to merge. */
  snapshot(): Promise<unknown>;
}

export interface Exposition {
  readonly text: string;
  readonly contentType: string;
}

type Instrument = Counter | Gauge | Histogram;

export interface MetricsOptions {
  /** Whether to add what Node says of its process. */
  readonly processMetrics: boolean;
  /** What this process is: only what such processes emit is in its exposition. Without it everything is. */
  readonly emitters?: readonly Emitter[];
}

function instrument(name: string, fact: MetricFact, registers: Registry[]): Instrument {
  const aggregator: Aggregator = fact.merge ?? "sum";
  const base = { name, help: fact.help, labelNames: [...fact.labels], registers, aggregator };
  if (fact.kind === "counter") return new Counter(base);
  if (fact.kind === "histogram") return new Histogram({ ...base, buckets: [...(fact.buckets ?? [])] });
  const gauge = new Gauge(base);
  if (fact.absentUntilSet === true && fact.labels.length === 0) gauge.remove();
  return gauge;
}

/** Every combination of the label values that are known beforehand. */
function knownLabels({ known = {} }: MetricFact): Record<string, string>[] {
  const none: Record<string, string>[] = Object.keys(known).length === 0 ? [] : [{}];
  return Object.entries(known).reduce(
    (combined, [label, values]) => combined.flatMap((one) => values.map((value) => ({ ...one, [label]: value }))),
    none,
  );
}

function beginAtZero(metric: Instrument, fact: MetricFact): void {
  for (const labels of knownLabels(fact)) {
    if (metric instanceof Counter) metric.inc(labels, 0);
    if (metric instanceof Histogram) metric.zero(labels);
  }
}

function instrumentsIn(registry: Registry, emitters: readonly Emitter[] | undefined): Map<string, Instrument> {
  const facts: readonly (readonly [string, MetricFact])[] = Object.entries(metricCatalogue);
  return new Map(
    facts.map(([name, fact]) => {
      const isEmitted = emitters === undefined || fact.emittedBy.some((emitter) => emitters.includes(emitter));
      const metric = instrument(name, fact, isEmitted ? [registry] : []);
      beginAtZero(metric, fact);
      return [name, metric];
    }),
  );
}

/** A registry of its own, so that two of them in one process (tests, all-in-one) do not meet. */
export function createMetrics({ processMetrics, emitters }: MetricsOptions): Metrics {
  const registry = new Registry();
  const collectors: (() => void | Promise<void>)[] = [];
  const instruments = instrumentsIn(registry, emitters);
  if (processMetrics) collectDefaultMetrics({ register: registry });

  const find = <I extends Instrument>(name: MetricName, kind: abstract new (...args: never) => I): I => {
    const found = instruments.get(name);
    if (!(found instanceof kind)) throw new TypeError(`${name} is not a ${kind.name}`);
    return found;
  };
  const collected = async (): Promise<Registry> => {
    await Promise.all(collectors.map(async (collect) => collect()));
    return registry;
  };
  return {
    count: (name, labels, by = 1) => find(name, Counter).inc(labels, by),
    set: (name, labels, value) => find(name, Gauge).set(labels, value),
    observe: (name, labels, value) => find(name, Histogram).observe(labels, value),
    beforeScrape: (collect) => void collectors.push(collect),
    scrape: async () => ({ text: await (await collected()).metrics(), contentType: registry.contentType }),
    snapshot: async () => (await collected()).getMetricsAsJSON(),
  };
}
