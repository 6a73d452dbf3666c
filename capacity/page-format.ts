/* How figures look on the page. */

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map((_, i) => (i === 0 ? "---" : "---:")), ...rows];
  return lines.map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Two digits are as many as such a figure is worth. */
export function about(value: number): string {
  if (value === 0) return "0";
  if (Math.abs(value) >= 100_000) return Math.round(Number(value.toPrecision(2))).toLocaleString("en-US");
  if (Math.abs(value) >= 10) return Math.round(Number(value.toPrecision(3))).toLocaleString("en-US");
  return String(Number(value.toPrecision(2)));
}

export const micros = (seconds: number): string => `${about(seconds * 1e6)} µs`;

export function bytes(value: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const step = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${about(value / 1_024 ** step)} ${units[step]}`;
}

export function duration(seconds: number): string {
  if (seconds < 120) return `${about(seconds)} s`;
  return seconds < 7_200 ? `${about(seconds / 60)} min` : `${about(seconds / 3_600)} h`;
}
