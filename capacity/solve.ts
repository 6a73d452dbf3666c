/**
 * Weights that are not negative and make `weights · row` as close as can be to each row's value, by relative error: a small
 * figure counts as much as a large one. By turns, one weight at a time.
 */
export function solve(rows: readonly (readonly number[])[], values: readonly number[]): number[] {
  const scaled = rows.map((row, i) => row.map((x) => x / scaleOf(values[i])));
  const targets = values.map((value) => value / scaleOf(value));
  const weights = Array.from({ length: rows[0]?.length ?? 0 }, () => 0);
  for (let round = 0; round < 20_000; round++) {
    for (let k = 0; k < weights.length; k++) weights[k] = bestWeight(scaled, targets, weights, k);
  }
  return weights;
}

function scaleOf(value = 0): number {
  return Math.max(Math.abs(value), 1e-9);
}

export function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((sum, x, i) => sum + x * (b[i] ?? 0), 0);
}

/** What the k-th weight should be while the others stay. */
function bestWeight(
  rows: readonly (readonly number[])[],
  targets: readonly number[],
  weights: readonly number[],
  k: number,
): number {
  let [above, below] = [0, 0];
  for (const [i, row] of rows.entries()) {
    const x = row[k] ?? 0;
    above += x * ((targets[i] ?? 0) - dot(row, weights) + x * (weights[k] ?? 0));
    below += x * x;
  }
  return below === 0 ? 0 : Math.max(0, above / below);
}
