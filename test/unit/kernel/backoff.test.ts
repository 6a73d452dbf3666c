import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffDelay } from "../../../src/kernel/backoff.ts";

const backoff = { baseMs: 100, maxMs: 5_000 };

test("the bound doubles with each try until the maximum", () => {
  const longest = [0, 1, 2, 5, 6, 100].map((attempt) => backoffDelay(backoff, attempt, 1));
  expect(longest).toEqual([100, 200, 400, 3_200, 5_000, 5_000]);
});

test("a wait is never shorter than half its bound and never longer than the maximum", () => {
  fc.assert(
    fc.property(fc.nat(1_000), fc.double({ min: 0, max: 1, noNaN: true }), (attempt, random) => {
      const wait = backoffDelay(backoff, attempt, random);
      expect(wait).toBeGreaterThanOrEqual(Math.min(backoff.maxMs, backoff.baseMs * 2 ** Math.min(attempt, 30)) / 2);
      expect(wait).toBeLessThanOrEqual(backoff.maxMs);
    }),
  );
});
