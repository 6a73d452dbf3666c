/** How parties or visitors arrive, whether or not earlier ones are through: an open model. */
export type Arrivals =
  | { readonly kind: "steady"; readonly perMinute: number; readonly seconds: number }
  /** Climbs to each rate and holds it. */
  | {
      readonly kind: "ramp";
      readonly perMinute: readonly number[];
      readonly rampSeconds: number;
      readonly holdSeconds: number;
    }
  /** So many at the start, and nobody later. */
  | { readonly kind: "at once"; readonly parties: number };

/** What k6 calls a scenario, as far as it depends on arrivals. */
export type Executor =
  | {
      readonly executor: "constant-arrival-rate";
      readonly rate: number;
      readonly timeUnit: "1m";
      readonly duration: string;
      readonly preAllocatedVUs: number;
      readonly maxVUs: number;
    }
  | {
      readonly executor: "ramping-arrival-rate";
      readonly startRate: number;
      readonly timeUnit: "1m";
      readonly stages: { readonly target: number; readonly duration: string }[];
      readonly preAllocatedVUs: number;
      readonly maxVUs: number;
    }
  | {
      readonly executor: "per-vu-iterations";
      readonly vus: number;
      readonly iterations: 1;
      readonly maxDuration: string;
    };

/** Users of k6 beyond those that a plan needs when all goes well. */
const spare = 1.2;

/**
 * @param stay how long one of them keeps a user of k6 busy, s: with the rate it says how many users there must be
 * @param scale of the rate, or of the number where all come at once
 */
export function executorOf(arrivals: Arrivals, stay: number, scale = 1): Executor {
  if (arrivals.kind === "at once") {
    const vus = Math.max(1, Math.round(arrivals.parties * scale));
    return { executor: "per-vu-iterations", vus, iterations: 1, maxDuration: seconds(10 * stay) };
  }
  const rates = (arrivals.kind === "steady" ? [arrivals.perMinute] : arrivals.perMinute).map((rate) =>
    Math.max(1, Math.round(rate * scale)),
  );
  const vus = Math.ceil((Math.max(...rates) / 60) * stay * spare) + 1;
  const [rate = 1] = rates;
  const users = { timeUnit: "1m", preAllocatedVUs: vus, maxVUs: 2 * vus } as const;
  if (arrivals.kind === "steady")
    return { executor: "constant-arrival-rate", rate, duration: seconds(arrivals.seconds), ...users };
  const stages = rates.flatMap((target) => [
    { target, duration: seconds(arrivals.rampSeconds) },
    { target, duration: seconds(arrivals.holdSeconds) },
  ]);
  return { executor: "ramping-arrival-rate", startRate: 0, stages, ...users };
}

/** How long arrivals go on, s; those who came last stay longer. */
export function lengthOf(arrivals: Arrivals): number {
  if (arrivals.kind === "at once") return 0;
  if (arrivals.kind === "steady") return arrivals.seconds;
  return arrivals.perMinute.length * (arrivals.rampSeconds + arrivals.holdSeconds);
}

function seconds(count: number): string {
  return `${Math.ceil(count)}s`;
}
