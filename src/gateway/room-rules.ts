import type { PolicySettings, RoomCreators } from "../chat/room-policy-spec.ts";
import type { BucketRate } from "../kernel/token-bucket.ts";
import type { RoomPolicy } from "../protocol/messages.ts";
import type { GatewayLimits } from "./gateway-limits.ts";

/** What holds in one room: what its policies set, and the deployment's limits for the rest. */
export interface RoomRules {
  readonly rate: BucketRate;
  readonly userRate: BucketRate | undefined;
  /** 0 is none. */
  readonly slowModeMs: number;
  readonly textBytes: number;
  readonly maxMembers: number | undefined;
  readonly typing: boolean;
  readonly create: RoomCreators;
  /** What policies set, to tell whose refusal it is. */
  readonly set: PolicySettings;
}

type Defaults = Pick<GatewayLimits, "roomRate" | "userRate" | "textBytes" | "retentionMs">;

export function rulesIn(set: PolicySettings, { roomRate, textBytes }: Defaults): RoomRules {
  const { rate, userRate, slowModeSeconds = 0, textMaxBytes = textBytes, create = "anyone" } = set;
  return {
    rate: rate === undefined ? roomRate : bucketOf(rate),
    userRate: userRate === undefined ? undefined : bucketOf(userRate),
    slowModeMs: slowModeSeconds * 1_000,
    textBytes: textMaxBytes,
    maxMembers: set.maxMembers,
    typing: set.ephemeral?.typing ?? true,
    create,
    set,
  };
}

function bucketOf({ perSecond, burst }: NonNullable<PolicySettings["rate"]>): BucketRate {
  return { ratePerSecond: perSecond, burst };
}

/** As members see it; what does not hold is absent. */
export function shownPolicy(rules: RoomRules, { userRate, retentionMs }: Defaults): RoomPolicy {
  const own = rules.userRate ?? userRate;
  const { retentionSeconds = Math.round(retentionMs / 1_000), slowModeSeconds = 0 } = rules.set;
  return {
    textBytes: rules.textBytes,
    ratePerSecond: Math.min(rules.rate.ratePerSecond, userRate.ratePerSecond, own.ratePerSecond),
    burst: Math.min(userRate.burst, own.burst),
    ...(slowModeSeconds > 0 ? { slowModeSeconds } : {}),
    ...(retentionSeconds > 0 ? { retentionSeconds } : {}),
    ...(rules.maxMembers === undefined ? {} : { maxMembers: rules.maxMembers }),
    ...(rules.typing ? {} : { typing: false }),
  };
}
