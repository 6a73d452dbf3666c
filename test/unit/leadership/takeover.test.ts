import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { flusherTiming } from "../../../src/leadership/election-timing.ts";
import { Candidates } from "./candidates.ts";

const even = { rate: 1, offsetMs: 0 };
const { leaseMs, retryMs } = flusherTiming;

describe("an elector", () => {
  test("takes over no earlier than the lease of a holder that fell silent, and at most half a pause later", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even], random: () => 0.999 });
    await candidates.seed({ holder: "gone", durationMs: leaseMs, transitions: 7 });
    await candidates.start();
    await candidates.advance(leaseMs - 10);
    expect(candidates.tokens).toEqual([]);
    await candidates.advance(retryMs / 2 + 20);
    expect(candidates.tokens).toEqual([8]);
  });

  test("takes over within eight seconds of the last renewal, whenever it came and however the pauses fall", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3_000 }),
        fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 }),
        async (renewedAt, randoms) => {
          let draws = 0;
          const random = (): number => randoms[draws++ % randoms.length] ?? 0;
          const candidates = new Candidates({ timing: flusherTiming, clocks: [even], random });
          await candidates.seed({ holder: "gone", durationMs: leaseMs, transitions: 7 });
          await candidates.start();
          await candidates.advance(renewedAt);
          await candidates.seed({ holder: "gone", durationMs: leaseMs, transitions: 7 });
          await candidates.advance(8_000);
          expect(candidates.tokens).toEqual([8]);
        },
      ),
    );
  });

  test("takes a lease that was given back at once, however long it would have lasted", async () => {
    const candidates = new Candidates({ timing: flusherTiming, clocks: [even] });
    await candidates.seed({ holder: "", durationMs: leaseMs, transitions: 7 });
    await candidates.start();
    await candidates.advance(10);
    expect(candidates.tokens).toEqual([8]);
  });
});
