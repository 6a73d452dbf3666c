import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flusherTiming } from "../../../src/leadership/election-timing.ts";
import { Candidates } from "./candidates.ts";
import { type Fate, smooth } from "./fake-lease.ts";

/** As many runs as the machine has time for. */
const enough = { numRuns: 400, interruptAfterTimeLimit: 12_000 };
const even = { rate: 1, offsetMs: 0 };
const { leaseMs, renewDeadlineMs, retryMs } = flusherTiming;
/** The longest pause between two looks at the lease. */
const longestRetryMs = retryMs * 1.2;

/** Runs of calls that fare alike, so that one candidate is often cut off for long while the others are not. */
const fates = fc
  .array(
    fc.tuple(
      fc.oneof(
        fc.constant(smooth),
        fc.record<Fate>({
          requestMs: fc.oneof(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 20_000 })),
          applied: fc.boolean(),
          answerMs: fc.integer({ min: 0, max: 2_500 }),
          answered: fc.constantFrom("yes", "error", "never"),
        }),
      ),
      fc.integer({ min: 1, max: 12 }),
    ),
    { maxLength: 15 },
  )
  .map((runs) => runs.flatMap(([fate, times]) => Array.from({ length: times }, () => fate)));
/** Fastest to slowest stays below leaseMs / renewDeadlineMs = 1.5. */
const candidate = fc.record({
  fates,
  rate: fc.double({ min: 0.85, max: 1.25, noNaN: true }),
  offsetMs: fc.integer({ min: -3_600_000, max: 3_600_000 }),
});

describe("an elector", () => {
  test("never leads beside another, whatever happens to its calls and whatever its clock shows", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(candidate, { minLength: 2, maxLength: 4 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }),
        async (clocks, randoms) => {
          let draws = 0;
          const random = (): number => randoms[draws++ % randoms.length] ?? 0;
          const candidates = new Candidates({ timing: flusherTiming, clocks, random });
          await candidates.start();
          await candidates.advance(90_000);
          expect(candidates.mostAtOnce).toBeLessThanOrEqual(1);
          expect(candidates.tokens).toEqual([...new Set(candidates.tokens)].sort((a, b) => a - b));
          candidates.lease.healed = true;
          await candidates.advance(60_000);
          expect(candidates.leading.size).toBe(1);
          expect(candidates.mostAtOnce).toBe(1);
        },
      ),
      enough,
    );
  });

  test("stops leading at the renew deadline while every call hangs", async () => {
    const hang: Fate = { ...smooth, applied: false, answered: "never" };
    const candidates = new Candidates({
      timing: flusherTiming,
      clocks: [{ ...even, fates: [smooth, smooth, ...Array.from({ length: 100 }, () => hang)] }],
    });
    await candidates.start();
    await candidates.advance(renewDeadlineMs - 10);
    expect(candidates.leading.size).toBe(1);
    await candidates.advance(20);
    expect(candidates.leading.size).toBe(0);
  });

  test("counts the deadline from when a renewal was sent, not from its slow answer", async () => {
    const slow: Fate = { ...smooth, answerMs: 1_900 };
    const hang: Fate = { ...smooth, applied: false, answered: "never" };
    const cutOff = [smooth, smooth, slow, ...Array.from({ length: 100 }, () => hang)];
    const candidates = new Candidates({ timing: flusherTiming, clocks: [{ ...even, fates: cutOff }] });
    await candidates.start();
    await candidates.advance(retryMs + renewDeadlineMs - 10);
    expect(candidates.leading.size).toBe(1);
    await candidates.advance(30);
    expect(candidates.leading.size).toBe(0);
  });

  test("goes on leading when a renewal was written but its answer was lost", async () => {
    const lost: Fate = { ...smooth, answered: "error" };
    const candidates = new Candidates({ timing: flusherTiming, clocks: [{ ...even, fates: [smooth, smooth, lost] }] });
    await candidates.start();
    await candidates.advance(60_000);
    expect(candidates.tokens).toEqual([1]);
    expect(candidates.leading.size).toBe(1);
  });

  test("counts the deadline from a renewal of which it knows, not from when it read that the lease is its own", async () => {
    const lost: Fate = { ...smooth, answered: "error" };
    const hang: Fate = { ...smooth, applied: false, answered: "never" };
    const cutOff = [smooth, smooth, lost, smooth, smooth, ...Array.from({ length: 100 }, () => hang)];
    const candidates = new Candidates({ timing: flusherTiming, clocks: [{ ...even, fates: cutOff }] });
    await candidates.start();
    await candidates.advance(renewDeadlineMs - 10);
    expect(candidates.leading.size).toBe(1);
    await candidates.advance(20);
    expect(candidates.leading.size).toBe(0);
  });

  test("stops at once when it reads that another has the lease", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even] });
    await candidates.start();
    await candidates.advance(100);
    await candidates.seed({ holder: "usurper", durationMs: leaseMs, transitions: 9 });
    await candidates.advance(retryMs + 10);
    expect(candidates.leading.size).toBe(0);
    expect(candidates.lease.record?.holder).toBe("usurper");
  });

  test("ends its term when it reads the lease under its own name with the token of another term", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even] });
    await candidates.start();
    await candidates.advance(100);
    await candidates.seed({ holder: "candidate-0", durationMs: leaseMs, transitions: 9 });
    await candidates.advance(2 * retryMs + longestRetryMs);
    expect(candidates.tokens).toEqual([1, 10]);
  });

  test("gives the lease back only after its work has stopped, and the next one need not wait", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even, even], lingerMs: 500 });
    await candidates.start();
    await candidates.advance(100);
    const first = candidates.all.find(({ elector }) => elector.state.kind === "leading");
    const stopped = first?.elector.stop();
    await candidates.advance(400);
    expect(first?.elector.state.kind).toBe("resigning");
    expect(candidates.lease.record?.holder).not.toBe("");
    await candidates.advance(longestRetryMs + 200);
    await stopped;
    expect(first?.elector.state.kind).toBe("stopped");
    expect(candidates.tokens).toEqual([1, 2]);
  });

  test("spends a new token on every term, also after the lease was deleted", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even] });
    await candidates.seed({ holder: "", durationMs: 1, transitions: 41 });
    await candidates.start();
    await candidates.advance(2_000);
    candidates.lease.remove();
    await candidates.advance(10_000);
    expect(candidates.tokens).toEqual([42, 43]);
  });

  test("takes a token above all that it saw after another deleted the lease and made it anew at 1", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even] });
    await candidates.seed({ holder: "other", durationMs: leaseMs, transitions: 41 });
    await candidates.start();
    await candidates.advance(2_000);
    candidates.lease.remove();
    await candidates.seed({ holder: "other", durationMs: leaseMs, transitions: 1 });
    await candidates.advance(leaseMs + 2_000);
    expect(candidates.tokens).toEqual([42]);
  });

  test("shows on its metric whether it leads", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even] });
    const shown = async (): Promise<string> => (await candidates.all[0]?.metrics.scrape())?.text ?? "";
    await candidates.start();
    await candidates.advance(100);
    expect(await shown()).toMatch(/^weir_leader 1$/m);
    const stopped = candidates.all[0]?.elector.stop();
    await candidates.advance(100);
    await stopped;
    expect(await shown()).toMatch(/^weir_leader 0$/m);
  });

  test("counts its terms, its renewals and those that failed", async () => {
    const fail: Fate = { ...smooth, applied: false, answered: "error" };
    const candidates = new Candidates({
      timing: flusherTiming,
      clocks: [{ ...even, fates: [smooth, smooth, smooth, fail] }],
    });
    await candidates.start();
    await candidates.advance(3 * retryMs + 100);
    const shown = (await candidates.all[0]?.metrics.scrape())?.text ?? "";
    expect(shown).toMatch(/^weir_leader_terms_total 1$/m);
    expect(shown).toMatch(/^weir_lease_renew_seconds_count 3$/m);
    expect(shown).toMatch(/^weir_lease_renew_failures_total 1$/m);
  });

  test("hands back the lease and tries again when the work ends by itself or fails", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even], failFirst: 2 });
    await candidates.start();
    await candidates.advance(3 * longestRetryMs);
    expect(candidates.tokens).toHaveLength(3);
    expect(candidates.leading.size).toBe(1);
  });

  test("gets above a fence that is far ahead of a deleted lease within a minute, and then rises by one again", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even], fence: 5_000, random: () => 0.999 });
    await candidates.start();
    await candidates.advance(60_000);
    expect(candidates.leading.size).toBe(1);
    const token = candidates.tokens.at(-1) ?? 0;
    expect(token).toBeGreaterThanOrEqual(5_000);
    candidates.lease.remove();
    await candidates.advance(10_000);
    expect(candidates.tokens.at(-1)).toBe(token + 1);
  });

  test("gives the lease back also when it is stopped in the middle of a renewal", async () => {
    const slow: Fate = { ...smooth, requestMs: 20, answerMs: 300 };
    const candidates = new Candidates({
      timing: flusherTiming,
      clocks: [{ ...even, fates: [smooth, smooth, slow] }],
    });
    await candidates.start();
    await candidates.advance(retryMs + 100);
    const stopped = candidates.all[0]?.elector.stop();
    await candidates.advance(2_000);
    await stopped;
    expect(candidates.lease.record).toMatchObject({ holder: "", transitions: 1 });
  });

  test("gives back a lease that it won while it was being stopped, without leading", async () => {
    const candidates = new Candidates({
      timing: flusherTiming,
      clocks: [{ ...even, fates: [smooth, { ...smooth, answerMs: 500 }] }],
    });
    await candidates.start();
    await candidates.advance(100);
    const stopped = candidates.all[0]?.elector.stop();
    await candidates.advance(1_000);
    await stopped;
    expect(candidates.tokens).toEqual([]);
    expect(candidates.lease.record).toMatchObject({ holder: "", transitions: 1 });
  });

  test("stays stopped when even the lease can't be given back", async () => {
    const fail: Fate = { ...smooth, applied: false, answered: "error" };
    const candidates = new Candidates({ timing: flusherTiming, clocks: [{ ...even, fates: [smooth, smooth, fail] }] });
    await candidates.start();
    await candidates.advance(100);
    const stopped = candidates.all[0]?.elector.stop();
    await candidates.advance(renewDeadlineMs);
    await stopped;
    expect(candidates.all[0]?.elector.state).toEqual({ kind: "stopped" });
    expect(candidates.lease.record?.holder).toBe("candidate-0");
  });

  test("refuses to be nobody", () => {
    expect(() => new Candidates({ timing: flusherTiming, clocks: [even], identity: "" })).toThrow(RangeError);
  });

  test.each([
    { leaseMs: 4_000, renewDeadlineMs: 4_000, retryMs: 1_000 },
    { leaseMs: 6_000, renewDeadlineMs: 1_200, retryMs: 1_000 },
    { leaseMs: 6_000, renewDeadlineMs: 4_000, retryMs: 0 },
    { leaseMs: Number.NaN, renewDeadlineMs: 4_000, retryMs: 1_000 },
  ])("refuses the unsound timing %o", (timing) => {
    expect(() => new Candidates({ timing, clocks: [even] })).toThrow(RangeError);
  });
});
