const job = 'namespace=~"$namespace", job=~"$job"';

/** An expression with the variables of the board in it, see `Target`. */
export function withVariables(expr: string): string {
  return expr.replaceAll(/@job\b/g, job).replaceAll("@", `${job}, instance=~"$instance"`);
}
