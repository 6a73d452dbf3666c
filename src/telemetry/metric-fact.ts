/** Who measures: a gateway (or each of its workers), the primary of several workers, a flusher, a controller. */
export type Emitter = "gateway" | "primary" | "flusher" | "controller";

/** What one metric is. docs/metrics.md is generated from these facts, and nothing is measured that has none. */
export interface MetricFact {
  readonly kind: "counter" | "gauge" | "histogram";
  /** A metric of seconds or bytes says so in its name. */
  readonly unit: "seconds" | "bytes" | "count" | "ratio" | "yes-no";
  readonly emittedBy: readonly Emitter[];
  readonly help: string;
  /** None names a user or a room: their number has no bound. */
  readonly labels: readonly string[];
  /**
   * Label values that are there from the start, in every combination. Prometheus can't tell a counter that begins at 1 from
   * one that has not changed, so whatever an alert waits for has to begin at 0.
   */
  readonly known?: Readonly<Record<string, readonly string[]>>;
  /** A gauge that is not there before it is set; others begin at 0. */
  readonly absentUntilSet?: true;
  /** Upper bounds, for histograms. */
  readonly buckets?: readonly number[];
  /**
   * How what a gateway's workers say becomes one; without it they are added. A counter has it where all of them read the same figure.
   */
  readonly merge?: "max" | "min";
}

/** The objective for a delivery, s: the share that is faster is one of the two service levels. */
export const deliveryObjectiveSeconds = 0.25;
/** The objective for the time from an acknowledgement to the store, s. */
export const storedObjectiveSeconds = 5;

/** From 0.5 ms to 10 s. Both objectives are bounds of their own, so that a service level is a count and not an estimate. */
export const secondsBuckets = [
  0.0005,
  0.001,
  0.0025,
  0.005,
  0.01,
  0.025,
  0.05,
  0.1,
  deliveryObjectiveSeconds,
  0.5,
  1,
  2.5,
  storedObjectiveSeconds,
  10,
] as const;
export const sizeBuckets = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000] as const;
