import fc from "fast-check";
import { expect, test } from "vitest";
import { acceptedFactor, compareHeldOut } from "../../../capacity/accuracy.ts";
import { costsOf, predict } from "../../../capacity/costs.ts";
import { measurement } from "../../../capacity/measured.ts";
import { anyCosts, madeUpCosts, measuredWith } from "./made-up.ts";

/** How many times more the one is than the other, whichever is more. */
function apart(a: number, b: number): number {
  return Math.max(a / b, b / a);
}

test("costs that made the points are found again", () => {
  const found = costsOf(measuredWith(madeUpCosts));
  for (const part of ["gateway", "redis", "flusher", "store"] as const) {
    const again = new Map(Object.entries(found[part] ?? {}));
    for (const [name, value] of Object.entries(madeUpCosts[part] ?? {}))
      expect(apart(Number(again.get(name)), Number(value)), `${part} ${name}`).toBeLessThan(1.2);
  }
});

test("whatever things cost, points that were held out are predicted where costs add up", () => {
  fc.assert(
    fc.property(anyCosts, (costs) => {
      const { points, ...rest } = measuredWith(costs);
      for (const { measured, predicted } of compareHeldOut(costsOf({ points, ...rest }), points))
        expect(apart(measured, predicted)).toBeLessThan(1.05);
    }),
    { numRuns: 5 },
  );
});

test("the points that were measured and held out are predicted within the factor that the page states", () => {
  const compared = compareHeldOut(costsOf(measurement), measurement.points);
  expect(compared.length).toBeGreaterThan(8);
  expect(compared.filter(({ measured, predicted }) => apart(measured, predicted) > acceptedFactor)).toEqual([]);
});

test("a message, a delivery and a connection each cost something", () => {
  const costs = costsOf(measurement);
  const load = { pods: 1, idlePods: 0, connections: 1_000, rooms: 50, membersEach: 20, messagesPerSecond: 100 };
  const of = (changed: object, deliveriesPerSecond = 2_000): number =>
    predict(costs, { load: { ...load, ...changed }, deliveriesPerSecond }).gateways;
  expect(of({ messagesPerSecond: 200 })).toBeGreaterThan(of({}));
  expect(of({}, 4_000)).toBeGreaterThan(of({}));
  expect(of({ connections: 10_000 })).toBeGreaterThan(of({}));
});
