import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { serverFigures, sumOf } from "../../../loadtests/lib/exposition.ts";
import { addHistograms, emptyHistogram, quantile, Recorder } from "../../../loadtests/lib/histogram.ts";
import { messageId, sentAtOf } from "../../../loadtests/lib/message-id.ts";
import { figuresOf, table } from "../../../loadtests/lib/report.ts";
import { emptyVerdict } from "../../../loadtests/lib/verdict.ts";

const durations = fc.array(fc.double({ min: 0, max: 100_000, noNaN: true }), { minLength: 1, maxLength: 200 });

function recorded(values: readonly number[]) {
  const recorder = new Recorder();
  for (const value of values) recorder.record(value);
  return recorder.read();
}

describe("a histogram", () => {
  test("has quantiles that are exact to 4 %, never too low, and nothing above the longest", () => {
    fc.assert(
      fc.property(durations, fc.double({ min: 0.01, max: 1, noNaN: true }), (values, share) => {
        const sorted = values.toSorted((a, b) => a - b);
        const exact = sorted[Math.ceil(share * sorted.length - 1e-9) - 1] ?? 0;
        const found = quantile(recorded(values), share) ?? Number.NaN;
        expect(found).toBeGreaterThanOrEqual(exact * (1 - 1e-9));
        expect(found).toBeLessThanOrEqual(Math.max(0.05, exact * 1.04 * (1 + 1e-9)));
      }),
    );
  });

  test("that is added to another is the histogram of both", () => {
    fc.assert(
      fc.property(durations, durations, (a, b) => {
        expect(addHistograms(recorded(a), recorded(b))).toEqual(recorded([...a, ...b]));
      }),
    );
  });

  test("of nothing has no quantiles", () => {
    expect(quantile(emptyHistogram, 0.5)).toBeUndefined();
  });
});

test("an id says when it was made, and is one that the protocol takes", () => {
  const at = fc.double({ min: 1_600_000_000_000, max: 2_500_000_000_000, noNaN: true });
  fc.assert(
    fc.property(at, fc.nat(), (when, n) => {
      const id = messageId("steady-member_12", n, when);
      expect(id).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
      expect(sentAtOf(id)).toBeCloseTo(when, 2);
    }),
  );
  expect(sentAtOf("somebody-elses")).toBeUndefined();
});

const scrape = (cpu: number): string =>
  [
    "# HELP process_cpu_seconds_total Total user and system CPU time spent in seconds.",
    "# TYPE process_cpu_seconds_total counter",
    `process_cpu_seconds_total ${cpu} 1700000000000`,
    "process_resident_memory_bytes 104857600",
    'weir_connections{transport="websocket"} 3',
    'weir_connections{transport="polling"} 4',
    "weir_connections_cut_total 9",
  ].join("\n");

test("the server's figures are read from its metrics", () => {
  expect(sumOf(scrape(1), "weir_connections")).toBe(7);
  expect(sumOf(scrape(1), "weir_conn")).toBeUndefined();
  expect(serverFigures(scrape(1.5), scrape(4.5), 6)).toEqual({ cores: 0.5, residentBytes: 104_857_600 });
  expect(serverFigures("", "", 6)).toEqual({ cores: undefined, residentBytes: undefined });
});

test("the table has a column for each run and a line for each figure that the article asks for", () => {
  const verdict = {
    ...emptyVerdict,
    accepted: 1_234_567,
    lost: 2,
    delivery: recorded([10]),
    refusedBy: { OVERLOADED: 3 },
  };
  const run = { handshakes: 300, handshakeSeconds: 2, handshakesRefused: 1 };
  const server = serverFigures(scrape(0), scrape(3), 6);
  const text = table([
    { title: "steady", figures: figuresOf(verdict, { ...run, server }) },
    { title: "storm", figures: figuresOf(emptyVerdict, run) },
  ]);
  const rows = text.split("\n").map((line) => line.split("|").map((cell) => cell.trim()));
  const row = (label: string) => rows.find(([, name]) => name?.startsWith(label) === true)?.slice(2, 4);
  expect(row("handshakes per second")).toEqual(["150.0", "150.0"]);
  expect(row("emission to delivery")).toEqual(["10.0 / 10.0 / 10.0 / 10.0", "- / - / - / -"]);
  expect(row("server CPU")).toEqual(["0.50", "-"]);
  expect(row("server memory")).toEqual(["100", "-"]);
  expect(row("accepted")).toEqual(["1,234,567", "0"]);
  expect(row("refused")).toEqual(["3", "0"]);
  expect(row("lost: accepted")).toEqual(["2", "0"]);
  expect(new Set(text.split("\n").map((line) => line.length)).size).toBe(1);
});
