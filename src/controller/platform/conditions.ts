import { type FleetFigures, fleetFigures, type Observation, type PlatformBounds } from "./observation.ts";

export const conditionTypes = [
  "Available",
  "Balanced",
  "BacklogHealthy",
  "LeaderElected",
  "StoreReachable",
  "CapacityHeadroom",
  "Draining",
  "DeletionCostConflict",
] as const;

export type ConditionType = (typeof conditionTypes)[number];

/** One judgement. `reason` is a word for machines, `message` a sentence for people. */
export interface Judgement {
  readonly type: ConditionType;
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}

/** `1 gateway is` or `2 gateways are`. */
function gateways(count: number): string {
  return count === 1 ? "1 gateway is" : `${count} gateways are`;
}

/** With fewer clients than this above the mean, a ratio means nothing. */
const leastExcess = 5;

type Verdict = readonly [status: Judgement["status"], reason: string, message: string];

/** What one observation says of the platform. */
export function judge(seen: Observation, bounds: PlatformBounds): Judgement[] {
  const fleet = seen.pods === undefined ? undefined : fleetFigures(seen.pods, bounds.gatewayCapacity);
  const verdicts: Readonly<Record<ConditionType, Verdict>> = {
    Available: fleet === undefined ? unseen : available(fleet),
    Balanced: fleet === undefined ? unseen : balanced(fleet, bounds),
    BacklogHealthy: backlogHealthy(seen, bounds),
    LeaderElected: leaderElected(seen),
    StoreReachable: storeReachable(seen),
    CapacityHeadroom: fleet === undefined ? unseen : headroom(fleet, bounds),
    Draining: fleet === undefined ? unseen : draining(fleet),
    DeletionCostConflict: costConflict(seen, bounds),
  };
  return conditionTypes.map((type) => {
    const [status, reason, message] = verdicts[type];
    return { type, status, reason, message };
  });
}

const unseen: Verdict = ["Unknown", "ClusterNotSeen", "the pods of the gateways can't be read"];

function available({ ready, total }: FleetFigures): Verdict {
  if (ready === 0) return ["False", "NoGatewayReady", `none of ${total} gateways is ready`];
  return ["True", "GatewayReady", `${ready} of ${total} gateways are ready`];
}

function balanced(fleet: FleetFigures, { imbalancePercent }: PlatformBounds): Verdict {
  const { imbalance, ready } = fleet;
  if (ready < 2) return ["True", "NothingToBalance", `${gateways(ready)} ready`];
  if (imbalance === undefined) return countUnknown(fleet);
  const { percent, excess } = imbalance;
  if (percent <= imbalancePercent) return ["True", "Even", `the fullest gateway has ${percent} % of the mean`];
  if (excess < leastExcess) return ["True", "TooFewToTell", "too few clients for the ratio to mean anything"];
  return ["False", "Uneven", `the fullest gateway has ${percent} % of the mean, above ${imbalancePercent} %`];
}

function countUnknown({ unknown }: FleetFigures): Verdict {
  return ["Unknown", "CountUnknown", `${gateways(unknown)} not saying how many clients there are`];
}

function headroom(fleet: FleetFigures, { headroomPercent: wanted, gatewayCapacity }: PlatformBounds): Verdict {
  const { ready, headroomPercent: free } = fleet;
  if (ready === 0) return ["False", "NoGatewayReady", "there is no capacity"];
  if (free === undefined) return countUnknown(fleet);
  const message = `${free} % of the capacity of ${ready} gateways of ${gatewayCapacity} connections is free`;
  if (free < wanted) return ["False", "Full", `${message}, below ${wanted} %`];
  return ["True", "Enough", message];
}

function draining({ draining: leaving }: FleetFigures): Verdict {
  if (leaving === 0) return ["False", "NoneLeaving", "no gateway is leaving"];
  return ["True", "GatewaysLeaving", `${gateways(leaving)} sending clients to the others`];
}

function backlogHealthy({ backlog }: Observation, bounds: PlatformBounds): Verdict {
  if (backlog === undefined) return ["Unknown", "LogNotReachable", "the log does not say what waits to be stored"];
  const { backlogMaxAgeSeconds, backlogMaxEntries } = bounds;
  const age = Math.round(backlog.oldestAgeMs / 1_000);
  const message = `${backlog.entries} entries wait to be stored, the oldest for ${age} s`;
  if (backlog.oldestAgeMs > 1_000 * backlogMaxAgeSeconds)
    return ["False", "TooOld", `${message}, above ${backlogMaxAgeSeconds} s`];
  if (backlog.entries > backlogMaxEntries)
    return ["False", "TooLong", `${message}, above ${backlogMaxEntries} entries`];
  return ["True", "KeepsUp", "the flusher keeps up"];
}

function leaderElected({ flusher }: Observation): Verdict {
  if (flusher === undefined) return ["Unknown", "LeaseNotReachable", "the lease of the flushers can't be read"];
  if (flusher === "") return ["False", "NoLeader", "no flusher leads: nothing is written to the store"];
  return ["True", "FlusherLeads", `${flusher} writes to the store`];
}

function storeReachable({ storeReachable: reached }: Observation): Verdict {
  return reached
    ? ["True", "StoreAnswers", "the store answers"]
    : ["False", "StoreSilent", "the store does not answer: history can't be read and the backlog grows"];
}

function costConflict({ costConflict: why }: Observation, { deletionCost }: PlatformBounds): Verdict {
  if (!deletionCost) return ["False", "SwitchedOff", "pods are not marked: spec.deletionCost is false"];
  if (why === undefined) return ["False", "NoConflict", "nobody else writes the cost of deleting pods"];
  return ["True", "OwnedByOthers", why];
}

const good: Readonly<Partial<Record<ConditionType, "True">>> = {
  Available: "True",
  Balanced: "True",
  BacklogHealthy: "True",
  LeaderElected: "True",
  StoreReachable: "True",
  CapacityHeadroom: "True",
};

/** Whether a judgement is as one wishes. That gateways leave is neither good nor bad. */
export function isGood({ type, status }: Pick<Judgement, "type" | "status">): boolean {
  if (type === "Draining") return true;
  return status === (good[type] ?? "False");
}

/** All of it in a few words: `Healthy`, `Draining`, or the reasons of what is not as one wishes. */
export function stateOf(judgements: readonly Judgement[]): string {
  const bad = new Set(judgements.filter((found) => !isGood(found)).map(({ reason }) => reason));
  if (bad.size > 0) return [...bad].join(",");
  return judgements.some(({ type, status }) => type === "Draining" && status === "True") ? "Draining" : "Healthy";
}
