const job = 'namespace=~"$namespace", job=~"$job"';

const run = 'testid=~"$testid"';

/** An expression with the variables of the board in it, see `Target`. */
export function withVariables(expr: string): string {
  return expr
    .replaceAll(/@job\b/g, job)
    .replaceAll(/@run\b/g, run)
    .replaceAll("@", `${job}, instance=~"$instance"`);
}
