/** When a gateway lets go of clients, so that others have their share of them. */
export interface ShedRules {
  /** It begins above this many times the mean. */
  readonly beginsAbove: number;
  /** It ends at this many times the mean: well below where it began, so that it does not begin again at once. */
  readonly endsAt: number;
  /** Of what it has over the mean it lets go at most this share in a tick, and at least one client. */
  readonly shareOfExcess: number;
  /** With less than this over the mean nothing is done: the ratios of a few clients mean nothing. */
  readonly leastExcess: number;
  /** It begins after so many ticks in a row above, so that a gateway that has just started gets its turn with newcomers first. */
  readonly patienceTicks: number;
}

export const shedRules: ShedRules = {
  beginsAbove: 1.2,
  endsAt: 1.05,
  shareOfExcess: 0.01,
  leastExcess: 5,
  patienceTicks: 5,
};

export interface ShedFacts {
  /** Connections of this gateway. */
  readonly own: number;
  /** Of every gateway, this one included. */
  readonly all: readonly number[];
  /** False while it drains, starts, or is overloaded. */
  readonly may: boolean;
}

export interface ShedState {
  /** Ticks in a row above. */
  readonly above: number;
  readonly shedding: boolean;
}

export interface ShedDecision {
  readonly state: ShedState;
  /** Clients to let go now. */
  readonly count: number;
}

export const evenState: ShedState = { above: 0, shedding: false };

/** What a gateway has, as a multiple of the fleet's mean; 1 in a fleet without connections. */
export function imbalanceOf({ own, all }: Pick<ShedFacts, "own" | "all">): number {
  const mean = meanOf(all);
  return mean === 0 ? 1 : own / mean;
}

/** How many clients to let go in this tick. Never so many that less than the mean stays. */
export function decideShed(rules: ShedRules, state: ShedState, facts: ShedFacts): ShedDecision {
  const excess = facts.own - meanOf(facts.all);
  const imbalance = imbalanceOf(facts);
  if (!facts.may || facts.all.length < 2) return { state: evenState, count: 0 };
  if (state.shedding) {
    if (imbalance <= rules.endsAt || excess < 1) return { state: evenState, count: 0 };
    return { state, count: Math.max(1, Math.floor(excess * rules.shareOfExcess)) };
  }
  const isAbove = imbalance > rules.beginsAbove && excess >= rules.leastExcess;
  const above = isAbove ? state.above + 1 : 0;
  return { state: { above, shedding: above >= rules.patienceTicks }, count: 0 };
}

function meanOf(counts: readonly number[]): number {
  return counts.length === 0 ? 0 : counts.reduce((sum, count) => sum + count, 0) / counts.length;
}
