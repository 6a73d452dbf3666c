/** A condition as it stands in a status. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason: string;
  readonly message: string;
  /** RFC 3339, of the last change of `status`. */
  readonly lastTransitionTime: string;
  readonly observedGeneration?: number;
}

/** The conditions in what the API sent, whatever it sent. */
export function conditionsIn(status: unknown): Condition[] {
  if (typeof status !== "object" || status === null || !("conditions" in status)) return [];
  return Array.isArray(status.conditions) ? status.conditions.filter(isCondition) : [];
}

function isCondition(value: unknown): value is Condition {
  return (
    typeof value === "object" && value !== null && "type" in value && "status" in value && "lastTransitionTime" in value
  );
}

type Said = Pick<Condition, "type" | "status" | "reason" | "message">;

/** What is said now, with the time of the last change of each status kept. */
export function mergeConditions(
  before: readonly Condition[],
  said: readonly Said[],
  at: { readonly now: string; readonly generation: number | undefined },
): Condition[] {
  return said.map((one) => {
    const old = before.find(({ type }) => type === one.type);
    const lastTransitionTime = old?.status === one.status ? old.lastTransitionTime : at.now;
    const { type, status, reason, message } = one;
    const generation = at.generation === undefined ? {} : { observedGeneration: at.generation };
    return { type, status, reason, message, lastTransitionTime, ...generation };
  });
}

/** What has changed its status. What was never said before has not. */
export function transitions<J extends Said>(before: readonly Condition[], said: readonly J[]): J[] {
  return said.filter((one) => before.some(({ type, status }) => type === one.type && status !== one.status));
}
