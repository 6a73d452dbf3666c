import { type Costs, heldOut, predict } from "./costs.ts";
import type { Point } from "./measurement.ts";

/** How far a figure of the model may be from what was measured, as a factor up or down. */
export const acceptedFactor = 1.6;

export interface Comparison {
  readonly point: Point;
  readonly part: "gateways" | "redis" | "flusher";
  /** Cores. */
  readonly measured: number;
  readonly predicted: number;
}

/** The model beside the points that its costs were not made from. */
export function compareHeldOut(costs: Costs, points: readonly Point[]): Comparison[] {
  return heldOut(points).flatMap((point) => {
    const predicted = predict(costs, point);
    const parts = point.load.pods === 0 ? (["redis", "flusher"] as const) : (["gateways", "redis", "flusher"] as const);
    return parts.map((part) => ({ point, part, measured: point.cores[part], predicted: predicted[part] }));
  });
}
