import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CostWrite, decideCosts, leavingCost } from "../../../src/controller/deletion-cost/decide-costs.ts";
import type { GatewayPod } from "../../../src/controller/platform/gateway-pod.ts";

function pod(name: string, given: Partial<GatewayPod> = {}): GatewayPod {
  return { name, labels: {}, phase: "ready", connections: 0, deletionCost: undefined, ...given };
}

/** The pods after the writes. */
function written(pods: readonly GatewayPod[], writes: readonly CostWrite[]): GatewayPod[] {
  const costs = new Map(writes.map(({ pod: name, cost }) => [name, cost]));
  return pods.map((one) => ({ ...one, deletionCost: costs.get(one.name) ?? one.deletionCost }));
}

/** What a scale-in would take first, of those that hold clients or could. */
function firstToGo(pods: readonly GatewayPod[]): GatewayPod | undefined {
  return pods
    .filter(({ phase }) => phase !== "leaving")
    .toSorted((a, b) => (a.deletionCost ?? 0) - (b.deletionCost ?? 0))[0];
}

const fleets = fc
  .array(
    fc.record({
      phase: fc.constantFrom(
        "ready" as const,
        "ready" as const,
        "starting" as const,
        "unready" as const,
        "leaving" as const,
      ),
      connections: fc.option(fc.oneof(fc.nat(20), fc.nat(20_000)), { nil: undefined }),
      deletionCost: fc.option(fc.integer({ min: -20, max: 120 }), { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  .map((facts) => facts.map((given, i) => pod(`p${i}`, given)));

describe("decideCosts", () => {
  test("gives the emptiest pod the lowest cost", () => {
    const pods = [pod("a", { connections: 900 }), pod("b", { connections: 0 }), pod("c", { connections: 40 })];
    expect(decideCosts(pods)).toEqual([
      { pod: "b", cost: 0 },
      { pod: "c", cost: 10 },
      { pod: "a", cost: 20 },
    ]);
  });

  test("calls pods that hold about the same equal", () => {
    const pods = [pod("a", { connections: 100 }), pod("b", { connections: 95 }), pod("c", { connections: 200 })];
    const costs = Object.fromEntries(decideCosts(pods).map(({ pod: name, cost }) => [name, cost]));
    expect(costs).toEqual({ a: 0, b: 0, c: 10 });
  });

  test("writes only what changes: two pods that trade places leave a third alone", () => {
    const pods = [
      pod("a", { connections: 10, deletionCost: 10 }),
      pod("b", { connections: 50, deletionCost: 0 }),
      pod("c", { connections: 90, deletionCost: 20 }),
    ];
    expect(decideCosts(pods)).toEqual([
      { pod: "a", cost: 0 },
      { pod: "b", cost: 10 },
    ]);
  });

  test("writes over a cost that it would never have written, so that its owner shows", () => {
    const pods = [pod("a", { connections: 10, deletionCost: 0 }), pod("b", { connections: 50, deletionCost: 7 })];
    expect(decideCosts(pods)).toEqual([{ pod: "b", cost: 10 }]);
  });

  test("leaves a pod alone whose count is unknown, and puts one that is leaving below all", () => {
    const pods = [
      pod("a", { connections: undefined, deletionCost: 50 }),
      pod("b", { connections: undefined }),
      pod("c", { phase: "leaving", connections: 500 }),
    ];
    expect(decideCosts(pods)).toEqual([{ pod: "c", cost: leavingCost }]);
  });

  test("writes nothing where the costs are in order, also with ranks left out", () => {
    const pods = [pod("a", { connections: 10, deletionCost: 20 }), pod("b", { connections: 50, deletionCost: 70 })];
    expect(decideCosts(pods)).toEqual([]);
  });

  test("gives no pod more than the highest cost, however many ranks there are", () => {
    const pods = Array.from({ length: 13 }, (_, i) => pod(`p${i}`, { connections: 2 ** i }));
    const costs = decideCosts(pods).map(({ cost }) => cost);
    expect(costs).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 100, 100]);
  });

  test("puts a pod that is leaving below all, whatever it had before", () => {
    const pods = [
      pod("a", { phase: "leaving", deletionCost: 20 }),
      pod("b", { phase: "leaving", deletionCost: 0 }),
      pod("c", { phase: "leaving", deletionCost: leavingCost }),
    ];
    expect(decideCosts(pods)).toEqual([
      { pod: "a", cost: leavingCost },
      { pod: "b", cost: leavingCost },
    ]);
  });

  test("no pod goes before one that holds clearly less, whatever was written before", () => {
    fc.assert(
      fc.property(fleets, (pods) => {
        const after = written(pods, decideCosts(pods)).filter(
          ({ phase, connections }) => phase !== "leaving" && connections !== undefined,
        );
        const first = firstToGo(after);
        const least = Math.min(...after.map(({ connections = 0 }) => connections));
        expect(first === undefined || 0.9 * (first.connections ?? 0) <= least).toBe(true);
      }),
    );
  });

  test("is done after one pass: the same counts write nothing more", () => {
    fc.assert(
      fc.property(fleets, (pods) => {
        expect(decideCosts(written(pods, decideCosts(pods)))).toEqual([]);
      }),
    );
  });

  test("writes nothing while an even fleet breathes", () => {
    const even = ["a", "b", "c"].map((name) => pod(name, { connections: 1_000 }));
    const settled = written(even, decideCosts(even));
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 950, max: 1_050 }), { minLength: 3, maxLength: 3 }), (counts) => {
        const now = settled.map((one, i) => ({ ...one, connections: counts[i] }));
        expect(decideCosts(now)).toEqual([]);
      }),
    );
  });
});
