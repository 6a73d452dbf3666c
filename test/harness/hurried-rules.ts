const unitSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };
/** So much faster does time go, within what has several scrapes and what a test can wait for. */
const haste = 30;
const shortestSeconds = 10;
const longestSeconds = 30;
const longestPatienceSeconds = 3;

function hurried(count: string, unit: string): number {
  return (Number(count) * (unitSeconds[unit] ?? 1)) / haste;
}

/** Rules whose windows and patience are thirty times as short or shorter, from 10 s to 30 s, and up to 3 s: for a Prometheus that scrapes each second. */
export function hurriedRules(text: string): string {
  return text
    .replaceAll(/\[(\d+)([smhd])\]/g, (_, count: string, unit: string) => {
      return `[${Math.round(Math.min(longestSeconds, Math.max(shortestSeconds, hurried(count, unit))))}s]`;
    })
    .replaceAll(/^(\s+for:) (\d+)([smhd])$/gm, (_, head: string, count: string, unit: string) => {
      return `${head} ${Math.ceil(Math.min(longestPatienceSeconds, hurried(count, unit)))}s`;
    });
}
