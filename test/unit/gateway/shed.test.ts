import fc from "fast-check";
import { expect, test } from "vitest";
import { MemoryFleet } from "../../../src/adapters/memory/memory-fleet.ts";
import { decideShed, evenState, imbalanceOf, type ShedState, shedRules } from "../../../src/gateway/shed.ts";
import { Shedder } from "../../../src/gateway/shedder.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";
import { seededRandom } from "../../harness/seeded-random.ts";

interface Simulated {
  own: number;
  state: ShedState;
}

type Balancer = (fleet: readonly Simulated[], random: () => number) => Simulated | undefined;

/** Where a proxy sends those who come: to the emptiest, or anywhere. */
const balancers: Readonly<Record<string, Balancer>> = {
  "to the emptiest": (fleet) => fleet.toSorted((a, b) => a.own - b.own)[0],
  anywhere: (fleet, random) => fleet[Math.floor(random() * fleet.length)],
};

/** One tick of a whole fleet, whose leavers arrive somewhere at once. Returns how many moved. */
function tick(fleet: readonly Simulated[], place: (fleet: readonly Simulated[]) => Simulated | undefined): number {
  const all = fleet.map(({ own }) => own);
  const mean = all.reduce((sum, own) => sum + own, 0) / all.length;
  const counts = fleet.map((gateway) => {
    const decision = decideShed(shedRules, gateway.state, { own: gateway.own, all, may: true });
    gateway.state = decision.state;
    if (decision.count > 0) expect(gateway.own - decision.count).toBeGreaterThanOrEqual(Math.floor(mean));
    gateway.own -= decision.count;
    return decision.count;
  });
  const moved = counts.reduce((sum, count) => sum + count, 0);
  for (let i = 0; i < moved; i++) {
    const to = place(fleet);
    if (to !== undefined) to.own += 1;
  }
  return moved;
}

const populations = fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 2, maxLength: 8 });

test.each(Object.entries(balancers))(
  "any fleet whose clients come back %s becomes even, and is quiet then",
  (_name, balancer) => {
    fc.assert(
      fc.property(populations, fc.integer(), (counts, seed) => {
        const random = seededRandom(seed);
        const fleet = counts.map((own): Simulated => ({ own, state: evenState }));
        const place = (gateways: readonly Simulated[]): Simulated | undefined => balancer(gateways, random);
        let quiet = 0;
        for (let i = 0; i < 20_000 && quiet <= shedRules.patienceTicks; i++)
          quiet = tick(fleet, place) === 0 ? quiet + 1 : 0;
        const all = fleet.map(({ own }) => own);
        const mean = all.reduce((sum, own) => sum + own, 0) / all.length;
        for (const own of all)
          expect(own).toBeLessThanOrEqual(Math.max(shedRules.beginsAbove * mean, mean + shedRules.leastExcess));
        for (let i = 0; i < 50; i++) expect(tick(fleet, place)).toBe(0);
      }),
      { numRuns: 30 },
    );
  },
);

test("in one tick a gateway lets go of a hundredth of its excess, or of one client", () => {
  const shedding: ShedState = { above: 9, shedding: true };
  expect(decideShed(shedRules, shedding, { own: 3_000, all: [3_000, 0], may: true }).count).toBe(15);
  expect(decideShed(shedRules, shedding, { own: 30, all: [30, 10], may: true }).count).toBe(1);
});

test("nobody lets go who is even, alone, has hardly more than the others, or must not", () => {
  const above: ShedState = { above: 99, shedding: false };
  const still = [
    { own: 119, all: [119, 81], may: true },
    { own: 1_000, all: [1_000], may: true },
    { own: 6, all: [6, 0], may: true },
    { own: 1_000, all: [1_000, 0], may: false },
  ];
  for (const facts of still) expect(decideShed(shedRules, above, facts)).toEqual({ state: evenState, count: 0 });
});

test("it begins after some ticks above, and one below begins the count anew", () => {
  const far = { own: 100, all: [100, 0], may: true };
  let state = evenState;
  for (let i = 1; i < shedRules.patienceTicks; i++) state = decideShed(shedRules, state, far).state;
  expect(state.shedding).toBe(false);
  expect(decideShed(shedRules, state, far).state.shedding).toBe(true);
  expect(decideShed(shedRules, state, { ...far, all: [100, 100] }).state).toEqual(evenState);
});

test("a fleet without connections is even", () => {
  expect(imbalanceOf({ own: 0, all: [0, 0] })).toBe(1);
  expect(imbalanceOf({ own: 0, all: [] })).toBe(1);
});

function shedderOf(
  fleet: MemoryFleet,
  clock: ManualClock,
  own: { connections: number; may?: boolean; readonly id: string },
) {
  return new Shedder({
    policies: () => 0,
    id: own.id,
    fleet,
    gateway: {
      get connections() {
        return own.connections;
      },
      release: (count) => {
        own.connections -= count;
        return count;
      },
    },
    mayShed: () => own.may !== false,
    clock,
    metrics: createMetrics({ processMetrics: false }),
    logger: silentLogger,
  });
}

test("ticks in which the fleet was not reached begin the patience anew, each time", async () => {
  const clock = new ManualClock();
  const fleet = new MemoryFleet(clock, 600_000);
  await fleet.report({ gateway: "empty", connections: 0, policies: 0 });
  const report = fleet.report.bind(fleet);
  let reports = 0;
  fleet.report = (load) => {
    reports += 1;
    return reports % shedRules.patienceTicks === 0 ? Promise.reject(new Error("away")) : report(load);
  };
  const full = { id: "full", connections: 1_000 };
  const shedder = shedderOf(fleet, clock, full);
  await shedder.start();
  await clock.advance(10 * shedRules.patienceTicks * 1_000);
  expect(full.connections).toBe(1_000);
  fleet.report = report;
  await clock.advance(2 * shedRules.patienceTicks * 1_000);
  expect(full.connections).toBeLessThan(1_000);
  await shedder.stop();
});

test("a full gateway lets go while an empty one is there, not while it must not, and never after it began to drain", async () => {
  const clock = new ManualClock();
  const fleet = new MemoryFleet(clock, 5_000);
  const full = { id: "full", connections: 1_000, may: false };
  const shedder = shedderOf(fleet, clock, full);
  const other = shedderOf(fleet, clock, { id: "empty", connections: 0 });
  await Promise.all([shedder.start(), other.start()]);
  await clock.advance(30_000);
  expect(full.connections).toBe(1_000);
  full.may = true;
  await clock.advance(30_000);
  expect(full.connections).toBeLessThan(950);
  const drained = shedder.drain();
  await clock.advance(0);
  await drained;
  const left = full.connections;
  await clock.advance(30_000);
  expect(full.connections).toBe(left);
  expect(await fleet.report({ gateway: "third", connections: 0 })).toHaveLength(2);
  await other.stop();
});
