import type { LoadMetricName } from "./load-metrics.ts";

/** As k6 takes it. */
export interface Threshold {
  readonly threshold: string;
  readonly abortOnFail: boolean;
  /** Nothing is judged before: people who come all at once are slower. */
  readonly delayAbortEval?: string;
}

/** The objective of a delivery, ms: one of the two service levels of docs/operations.md. */
const deliveryObjectiveMs = 250;
const settleIn = "60s";

/** What no run may have a single one of; a test stops at once, since it can't get well again. */
const never = ["chat_lost", "chat_missing", "chat_duplicated", "chat_stored_twice", "chat_out_of_order"] as const;
/** What has to happen for a run to mean anything. */
const some = ["chat_accepted", "chat_delivered", "chat_stored"] as const;

export type Thresholds = Partial<Record<LoadMetricName, readonly Threshold[]>>;

export function thresholdsOf({ judgesLatency }: { readonly judgesLatency: boolean }): Thresholds {
  const late = { threshold: `p(99)<${deliveryObjectiveMs}`, abortOnFail: true, delayAbortEval: settleIn };
  return {
    ...Object.fromEntries(never.map((name) => [name, [{ threshold: "count==0", abortOnFail: true }]])),
    ...Object.fromEntries(some.map((name) => [name, [{ threshold: "count>0", abortOnFail: false }]])),
    chat_unread: [{ threshold: "count==0", abortOnFail: false }],
    ...(judgesLatency ? { chat_delivery_duration: [late] } : {}),
  };
}
