import type { ServerFigures } from "./exposition.ts";
import { type Histogram, quantile } from "./histogram.ts";
import { refusedIn, type Verdict } from "./verdict.ts";

/** Durations, ms; undefined where none was measured. */
export interface Quantiles {
  readonly median: number | undefined;
  readonly p95: number | undefined;
  readonly p99: number | undefined;
  readonly max: number | undefined;
}

/** What a report says of a run, whichever tool made it. */
export interface Figures {
  readonly handshakes: number;
  /** In which the handshakes were made, s. */
  readonly handshakeSeconds: number;
  readonly handshakesRefused: number;
  readonly delivery: Quantiles;
  readonly ack: Quantiles;
  readonly server?: ServerFigures | undefined;
  readonly counts: Pick<
    Verdict,
    | "sent"
    | "accepted"
    | "delivered"
    | "stored"
    | "unanswered"
    | "lost"
    | "missing"
    | "duplicated"
    | "storedTwice"
    | "outOfOrder"
    | "gapsFilled"
    | "caughtUp"
    | "declared"
  > & { readonly refused: number };
}

/** A column of the table. */
export interface Column {
  readonly title: string;
  readonly figures: Figures;
}

export function quantilesOf(histogram: Histogram): Quantiles {
  return {
    median: quantile(histogram, 0.5),
    p95: quantile(histogram, 0.95),
    p99: quantile(histogram, 0.99),
    max: histogram.count === 0 ? undefined : histogram.max,
  };
}

/** The figures of a run that a ledger counted. */
export function figuresOf(
  verdict: Verdict,
  run: Pick<Figures, "handshakes" | "handshakeSeconds" | "handshakesRefused" | "server">,
): Figures {
  return {
    ...run,
    delivery: quantilesOf(verdict.delivery),
    ack: quantilesOf(verdict.ack),
    counts: { ...verdict, refused: refusedIn(verdict) },
  };
}

const none = "-";

function whole(value: number): string {
  return String(Math.round(value)).replaceAll(/\B(?=(\d{3})+$)/g, ",");
}

function fixed(value: number | undefined, digits: number): string {
  return value === undefined || !Number.isFinite(value) ? none : value.toFixed(digits);
}

function perSecond(count: number, seconds: number): string {
  return seconds > 0 ? fixed(count / seconds, 1) : none;
}

function quantiles({ median, p95, p99, max }: Quantiles): string {
  return [median, p95, p99, max].map((value) => fixed(value, 1)).join(" / ");
}

function mebibytes(bytes: number | undefined): string {
  return bytes === undefined ? none : fixed(bytes / 2 ** 20, 0);
}

type Line = readonly [label: string, show: (figures: Figures) => string];

const lines: readonly Line[] = [
  ["handshakes", ({ handshakes }) => whole(handshakes)],
  ["handshakes per second", ({ handshakes, handshakeSeconds }) => perSecond(handshakes, handshakeSeconds)],
  ["handshakes refused", ({ handshakesRefused }) => whole(handshakesRefused)],
  ["emission to delivery, ms: median / 95 % / 99 % / max", ({ delivery }) => quantiles(delivery)],
  ["send to acknowledgement, ms: the same", ({ ack }) => quantiles(ack)],
  ["server CPU, cores", ({ server }) => fixed(server?.cores, 2)],
  ["server memory, MiB", ({ server }) => mebibytes(server?.residentBytes)],
  ["sent", ({ counts }) => whole(counts.sent)],
  ["refused", ({ counts }) => whole(counts.refused)],
  ["unanswered", ({ counts }) => whole(counts.unanswered)],
  ["accepted", ({ counts }) => whole(counts.accepted)],
  ["stored, of the accepted", ({ counts }) => whole(counts.stored)],
  ["delivered, to all members", ({ counts }) => whole(counts.delivered)],
  ["lost: accepted, not stored", ({ counts }) => whole(counts.lost)],
  ["lost: not delivered to a member", ({ counts }) => whole(counts.missing)],
  ["duplicated: delivered / stored", ({ counts }) => `${whole(counts.duplicated)} / ${whole(counts.storedTwice)}`],
  ["out of order", ({ counts }) => whole(counts.outOfOrder)],
  ["gaps filled: gaps / entries", ({ counts }) => `${whole(counts.gapsFilled)} / ${whole(counts.caughtUp)}`],
  ["gaps declared, entries", ({ counts }) => whole(counts.declared)],
];

/** A table of Markdown, aligned for the eye, with a column for each run. */
export function table(columns: readonly Column[]): string {
  const cells = [
    ["", ...columns.map(({ title }) => title)],
    ...lines.map(([label, show]) => [label, ...columns.map(({ figures }) => show(figures))]),
  ];
  const widths = ["", ...columns].map((_, i) => Math.max(4, ...cells.map((row) => row[i]?.length ?? 0)));
  const [head = [], ...body] = cells.map((row) => row.map((cell, i) => pad(cell, widths[i] ?? 0, i)));
  const rule = widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`));
  return [head, rule, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

/** Labels to the left, figures to the right. */
function pad(cell: string, width: number, column: number): string {
  return column === 0 ? cell.padEnd(width) : cell.padStart(width);
}
