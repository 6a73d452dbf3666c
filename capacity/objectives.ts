import { deliveryObjectiveSeconds, storedObjectiveSeconds } from "../src/telemetry/metric-fact.ts";
import type { Point } from "./measurement.ts";

type Judged = Pick<Point, "deliveryMs" | "storedSeconds" | "refused">;

/** Which objectives a step broke. @param missing deliveries that had not come when it was over */
export function brokenObjectives({ deliveryMs, storedSeconds, refused }: Judged, missing: number): string[] {
  const late = deliveryMs !== null && deliveryMs.p99 >= 1_000 * deliveryObjectiveSeconds;
  return [
    ...(late || missing > 0 ? ["delivery"] : []),
    ...((storedSeconds ?? 0) > storedObjectiveSeconds ? ["stored"] : []),
    ...(refused > 0 ? ["refused"] : []),
  ];
}
