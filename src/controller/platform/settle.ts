import { type ConditionType, isGood, type Judgement } from "./conditions.ts";

/** For how long a turn for the worse must last before it is told, ms: what swings by nature would otherwise tell of every swing. */
export type Hold = Readonly<Partial<Record<ConditionType, number>>>;

/** The gateways even themselves out within about this after one has joined. */
export const defaultHold: Hold = { Balanced: 30_000, CapacityHeadroom: 10_000 };

/** Since when a turn that was not told yet has lasted, monotonic ms by condition. */
export type Pending = ReadonlyMap<ConditionType, { readonly status: Judgement["status"]; readonly since: number }>;

export interface Settled {
  readonly judgements: readonly Judgement[];
  readonly pending: Pending;
}

export interface ToSettle {
  /** What was told last. */
  readonly told: readonly Judgement[];
  readonly judged: readonly Judgement[];
  readonly pending: Pending;
  readonly hold: Hold;
  /** Monotonic, ms. */
  readonly now: number;
}

/** What to tell: the new judgements, except for turns for the worse that have not lasted long enough. */
export function settle({ told, judged, pending, hold, now }: ToSettle): Settled {
  const still = new Map<ConditionType, { status: Judgement["status"]; since: number }>();
  const judgements = judged.map((one) => {
    const before = told.find(({ type }) => type === one.type);
    if (before === undefined || before.status === one.status || isGood(one)) return one;
    const known = pending.get(one.type);
    const since = known?.status === one.status ? known.since : now;
    if (now - since >= (hold[one.type] ?? 0)) return one;
    still.set(one.type, { status: one.status, since });
    return before;
  });
  return { judgements, pending: still };
}
