import * as fc from "fast-check";
import { expect, test } from "vitest";
import { controllerTiming, type ElectionTiming, flusherTiming } from "../../../src/leadership/index.ts";
import { type KubeCandidate, KubeCandidates, type KubeFate, leases } from "./kube-candidates.ts";

/** As many runs as the machine has time for. */
const enough = { numRuns: 100, interruptAfterTimeLimit: 12_000 };
const calm: KubeCandidate = { fates: [], rate: 1, offsetMs: 0, stalls: [] };
const hourMs = 3_600_000;

/** Runs of calls that fare alike: cut off for long, or refused for long, rather than now and then. */
const fates = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constant<KubeFate>({ requestMs: 1, done: true, answerMs: 1, answer: "result" }),
        fc.record<KubeFate>({
          requestMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 30_000 })),
          done: fc.boolean(),
          answerMs: fc.integer({ min: 0, max: 4_000 }),
          answer: fc.constantFrom("result", "conflict", "server-error", "none"),
        }),
      ),
      fc.integer({ min: 1, max: 12 }),
    ),
    { maxLength: 12 },
  )
  .map((runs) => runs.flatMap(([fate, times]) => Array.from({ length: times }, () => fate)));
/** Fastest to slowest stays below leaseMs / renewDeadlineMs = 1.5. */
const trouble = fc.record({
  fates,
  rate: fc.double({ min: 0.85, max: 1.25, noNaN: true }),
  offsetMs: fc.constantFrom(-hourMs, 0, hourMs),
  stalls: fc.array(fc.record({ at: fc.integer({ min: 0, max: 90_000 }), ms: fc.integer({ min: 1, max: 40_000 }) }), {
    maxLength: 3,
  }),
});

/** What must hold whatever happened: nobody's token was another's, and once a term has written no earlier one does. */
function expectOneWriterAtATime({ written, users }: KubeCandidates): void {
  expect([...users.values()].every((who) => who.size === 1)).toBe(true);
  expect(written.map(({ token }) => token)).toEqual(written.map(({ token }) => token).sort((a, b) => a - b));
}

test.each([
  ["the flusher's", flusherTiming],
  ["the controller's", controllerTiming],
])(
  "with %s timing no two leaders both write, whatever the API, the clocks and the event loops do",
  async (_name, timing: ElectionTiming) => {
    await fc.assert(
      fc.asyncProperty(fc.array(trouble, { minLength: 2, maxLength: 3 }), async (candidates) => {
        const cluster = new KubeCandidates(candidates, { timing });
        await cluster.start();
        await cluster.world.advance(Math.max(90_000, cluster.lastStallEnds));
        expectOneWriterAtATime(cluster);
        cluster.healed = true;
        await cluster.world.advance(90_000);
        const before = cluster.written.length;
        await cluster.world.advance(10_000);
        expect(cluster.leaders).toBe(1);
        expect(cluster.written.length).toBeGreaterThan(before);
        expectOneWriterAtATime(cluster);
      }),
      enough,
    );
  },
);

test("a leader whose event loop stood still tries to write when it wakes, and the fence alone keeps it from that", async () => {
  const stalled: KubeCandidate = { ...calm, stalls: [{ at: 5_100, ms: 60_000 }] };
  const cluster = new KubeCandidates([stalled, calm], { timing: flusherTiming });
  await cluster.electors[0]?.start();
  await cluster.world.advance(2_000);
  await cluster.electors[1]?.start();
  await cluster.world.advance(60_000);
  expect(cluster.written.at(-1)).toEqual({ who: 1, token: 2 });
  expect(cluster.electors[0]?.state).toMatchObject({ kind: "leading", token: 1 });
  const { refused } = cluster;
  await cluster.world.advance(10_000);
  expectOneWriterAtATime(cluster);
  expect(cluster.electors[0]?.state.kind).toBe("following");
  expect(cluster.refused).toBeGreaterThan(refused);
  expect(cluster.leaders).toBe(1);
});

test("an elected one whose event loop stood still before it could begin does not begin", async () => {
  const stalled: KubeCandidate = {
    ...calm,
    fates: [
      { requestMs: 1, done: true, answerMs: 1, answer: "result" },
      { requestMs: 1, done: true, answerMs: 10, answer: "result" },
    ],
    stalls: [{ at: 5, ms: 60_000 }],
  };
  const cluster = new KubeCandidates([stalled, calm], { timing: flusherTiming });
  await cluster.start();
  await cluster.world.advance(70_000);
  expect([...(cluster.users.get(1) ?? [])]).toEqual([]);
  expectOneWriterAtATime(cluster);
});

test("a lease that someone deletes is made again, with a token above all that its electors have seen", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer({ min: 0, max: 12_000 }), { minLength: 1, maxLength: 5 }), async (pauses) => {
      const cluster = new KubeCandidates([calm, { ...calm, offsetMs: hourMs }, { ...calm, offsetMs: -hourMs }]);
      await cluster.start();
      await cluster.world.advance(5_000);
      for (const pause of pauses) {
        cluster.store.remove(leases, "weir");
        await cluster.world.advance(20_000 + pause);
        expect(cluster.leaders).toBe(1);
      }
      expectOneWriterAtATime(cluster);
    }),
    { numRuns: 20 },
  );
});

test("tokens that begin again below the fence, as with a lease of another kind, get above it within a minute", async () => {
  const cluster = new KubeCandidates([calm, calm], { fence: 5_000, timing: flusherTiming });
  await cluster.start();
  await cluster.world.advance(60_000);
  expect(cluster.written.at(-1)?.token).toBeGreaterThanOrEqual(5_000);
  expect(cluster.refused).toBeGreaterThan(0);
  expectOneWriterAtATime(cluster);
});

test("two leaders of different leases, as in an upgrade, take turns: the work goes on and no token falls at the fence", async () => {
  const here: KubeCandidate = { ...calm, elsewhere: true };
  const cluster = new KubeCandidates([calm, calm, here, here], { fence: 500, timing: flusherTiming });
  const [before, , after] = cluster.electors;
  await before?.start();
  await cluster.world.advance(60_000);
  await after?.start();
  for (let seconds = 0; seconds < 60; seconds += 10) {
    const { length } = cluster.written;
    await cluster.world.advance(10_000);
    expect(cluster.written.length).toBeGreaterThan(length);
  }
  expect(new Set(cluster.written.map(({ who }) => who))).toEqual(new Set([0, 2]));
  const stopped = before?.stop();
  await cluster.world.advance(20_000);
  await stopped;
  expect(cluster.leaders).toBe(1);
  expect(cluster.written.at(-1)?.who).toBe(2);
  const tokens = cluster.written.map(({ token }) => token);
  expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
});
