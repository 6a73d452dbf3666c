/** One line of results: what was measured, and its figures by column. */
export interface Row {
  readonly label: string;
  readonly values: readonly (number | string)[];
}

function show(value: number | string): string {
  if (typeof value === "string") return value;
  if (Number.isNaN(value)) return "–";
  if (value >= 1_000) return Math.round(value).toLocaleString("en-US");
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

export function ratio(value: number, reference: number): string {
  return Number.isNaN(value) ? "–" : `${(value / reference).toFixed(2)}x`;
}

/** A Markdown table, ready for docs/performance.md. */
export function printTable(title: string, columns: readonly string[], rows: readonly Row[]): void {
  const lines = [
    ["", ...columns],
    ["---", ...columns.map(() => "---:")],
    ...rows.map((row) => [row.label, ...row.values.map(show)]),
  ];
  console.log(`\n### ${title}\n`);
  for (const line of lines) console.log(`| ${line.join(" | ")} |`);
}

/** The value below which a share of the others lies; 0.5 is the median. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}
