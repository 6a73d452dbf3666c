import fc from "fast-check";
import { expect, test } from "vitest";
import { dot, solve } from "../../../capacity/solve.ts";

const rows = [
  [1, 0, 0],
  [1, 100, 500],
  [1, 400, 2_000],
  [1, 100, 2_000],
  [1, 20, 2_000],
  [2, 300, 1_500],
];

test("weights that made the values are found again", () => {
  const weight = fc.double({ min: 0.1, max: 10, noNaN: true });
  fc.assert(
    fc.property(weight, weight, weight, (a, b, c) => {
      const planted = [a, b / 1_000, c / 10_000];
      const found = solve(
        rows,
        rows.map((row) => dot(planted, row)),
      );
      for (const [i, weightFound] of found.entries())
        expect(Math.abs(weightFound / (planted[i] ?? 1) - 1)).toBeLessThan(0.02);
    }),
    { numRuns: 20 },
  );
});

test("no weight is negative, whatever the values", () => {
  fc.assert(
    fc.property(
      fc.array(fc.double({ min: 0.001, max: 100, noNaN: true }), { minLength: 6, maxLength: 6 }),
      (values) => {
        expect(solve(rows, values).every((weight) => weight >= 0)).toBe(true);
      },
    ),
    { numRuns: 20 },
  );
});
