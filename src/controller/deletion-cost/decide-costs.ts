import type { GatewayPod } from "../platform/gateway-pod.ts";

/** One annotation to write. */
export interface CostWrite {
  readonly pod: string;
  readonly cost: number;
}

/** Of a pod that is leaving anyway. */
export const leavingCost = -10;
/** Between one rank and the next. */
const step = 10;
/** Pods of higher ranks are not told apart: a scale-in takes few at a time. */
const highestCost = 100;
/** A pod that holds less than this share of what another holds has to go before it. Closer ones are of one rank. */
const tolerance = 0.9;

interface Counted {
  readonly name: string;
  readonly connections: number;
  readonly deletionCost: number | undefined;
}

/**
 * What to write so that a scale-in takes the pods with the fewest connections. Costs that already say so stay as they are, so
 * that small changes of the counts write nothing. A pod whose count is unknown keeps what it has.
 */
export function decideCosts(pods: readonly GatewayPod[]): CostWrite[] {
  const leaving = pods.filter(({ phase, deletionCost }) => phase === "leaving" && deletionCost !== leavingCost);
  return [...leaving.map(({ name }) => ({ pod: name, cost: leavingCost })), ...rankWrites(countedOf(pods))];
}

/** By connections, the fewest first. */
function countedOf(pods: readonly GatewayPod[]): Counted[] {
  return pods
    .flatMap(({ name, phase, connections, deletionCost }) =>
      phase === "leaving" || connections === undefined ? [] : [{ name, connections, deletionCost }],
    )
    .toSorted((one, other) => one.connections - other.connections);
}

function rankWrites(counted: readonly Counted[]): CostWrite[] {
  if (isOrdered(counted)) return [];
  const costs = costsOf(counted);
  return counted.flatMap(({ name, deletionCost }) => {
    const cost = costs.get(name) ?? highestCost;
    return cost === deletionCost ? [] : [{ pod: name, cost }];
  });
}

function isFewer(one: number, other: number): boolean {
  return one < tolerance * other;
}

function isOurs(cost: number): boolean {
  return cost >= 0 && cost <= highestCost && cost % step === 0;
}

/** Whether each pod has a cost of our making, and less than every pod that holds clearly more, where costs tell that far. */
function isOrdered(counted: readonly Counted[]): boolean {
  return counted.every(({ connections, deletionCost }, i) => {
    if (deletionCost === undefined || !isOurs(deletionCost)) return false;
    const fuller = counted.slice(i + 1).filter((other) => isFewer(connections, other.connections));
    return fuller.every(({ deletionCost: cost = -1 }) => cost > deletionCost || cost === highestCost);
  });
}

/** Ranks in the order of the counts; one rank reaches from its emptiest pod up to what is not clearly more. */
function costsOf(counted: readonly Counted[]): ReadonlyMap<string, number> {
  const costs = new Map<string, number>();
  let start: number | undefined;
  let cost = 0;
  for (const { name, connections } of counted) {
    start ??= connections;
    if (isFewer(start, connections)) {
      start = connections;
      cost = Math.min(highestCost, cost + step);
    }
    costs.set(name, cost);
  }
  return costs;
}
