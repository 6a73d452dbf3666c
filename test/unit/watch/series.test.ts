import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { withVariables } from "../../../dashboards/src/expression.ts";
import { loadMetrics, seriesOf } from "../../../loadtests/lib/load-metrics.ts";
import { metricCatalogue } from "../../../src/telemetry/metric-catalogue.ts";
import type { MetricFact } from "../../../src/telemetry/metric-fact.ts";
import { groupLabelsIn, selectorsIn } from "../../harness/promql.ts";
import { allPanels, rulesOf } from "../../harness/watched.ts";

/* Nothing is asked for that nobody measures, and nothing is measured that nobody looks at. */

const facts: Readonly<Record<string, MetricFact>> = metricCatalogue;
const recorded = rulesOf("rules").flatMap(({ record }) => (record === undefined ? [] : [record]));
/** What Prometheus and the scrape add, and what the grouping of a join brings. */
const common = ["namespace", "job", "instance", "le", "role", "version"];
/** Of Prometheus, of Node's process, and of Kubernetes. */
const foreign =
  /^(up|ALERTS|process_(cpu_seconds_total|resident_memory_bytes|start_time_seconds)|kube_\w+|container_\w+)$/;

/** Of k6 by its output to Prometheus' remote write: those of the load tests, and of its own. */
const ofLoadTests = Object.entries(loadMetrics).flatMap(([name, { kind }]) => seriesOf(name, kind));
const k6Series = [...ofLoadTests, "k6_vus", "k6_dropped_iterations_total"];

/** Metrics without a panel or a rule, and why. */
const unwatched: Readonly<Record<string, string>> = {};

const expressions: readonly { readonly where: string; readonly expr: string }[] = [
  ...allPanels().flatMap(({ board, panel }) =>
    panel.targets.map(({ expr }) => ({ where: `${board} / ${panel.title}`, expr: withVariables(expr) })),
  ),
  ...[...rulesOf("rules"), ...rulesOf("alerts")].map(({ record, alert, expr }) => ({
    where: record ?? alert ?? "",
    expr,
  })),
];

/** The metric of a series: a histogram has three. */
function metricOf(series: string): string {
  const base = series.replace(/_(bucket|sum|count)$/, "");
  return facts[base]?.kind === "histogram" ? base : series;
}

describe.each(expressions)("$where", ({ expr }) => {
  test("asks only for series that there are, by labels that they have", () => {
    const selectors = selectorsIn(expr);
    expect(selectors.length).toBeGreaterThan(0);
    for (const { name, labels } of selectors) {
      if (recorded.includes(name) || foreign.test(name)) continue;
      if (k6Series.includes(name)) {
        expect([name, labels]).toEqual([name, ["testid"]]);
        continue;
      }
      const fact = facts[metricOf(name)];
      expect([name, fact === undefined]).toEqual([name, false]);
      expect(labels.filter((label) => !common.includes(label) && fact?.labels.includes(label) !== true)).toEqual([]);
    }
    if (selectors.some(({ name }) => foreign.test(name))) return;
    const known = selectors.flatMap(({ name }) => facts[metricOf(name)]?.labels ?? []);
    expect(groupLabelsIn(expr).filter((label) => !common.includes(label) && !known.includes(label))).toEqual([]);
  });
});

test("every metric is in a panel or a rule, or there is a reason why not", () => {
  const used = new Set(expressions.flatMap(({ expr }) => selectorsIn(expr).map(({ name }) => metricOf(name))));
  const unused = Object.keys(facts).filter((name) => !used.has(name));
  expect(unused).toEqual(Object.keys(unwatched));
});

test("every series of the load tests is in a panel", () => {
  const used = new Set(expressions.flatMap(({ expr }) => selectorsIn(expr).map(({ name }) => name)));
  expect(ofLoadTests.filter((name) => !used.has(name))).toEqual([]);
});

test("every recorded series is used", () => {
  const used = new Set(expressions.flatMap(({ expr }) => selectorsIn(expr).map(({ name }) => name)));
  expect(recorded.filter((name) => !used.has(name))).toEqual([]);
});

test("the reader of expressions sees what is there", () => {
  const expr = 'sum by (a) (rate(x_total{b="c{d}", e=~"f"}[5m])) / on (g) group_left (h) y > bool 2 or up';
  expect(selectorsIn(expr)).toEqual([
    { name: "x_total", labels: ["b", "e"], range: "5m", within: "rate" },
    { name: "y", labels: [], range: undefined, within: undefined },
    { name: "up", labels: [], range: undefined, within: undefined },
  ]);
  expect(groupLabelsIn(expr)).toEqual(["a", "g", "h"]);
});

describe("alerts and runbooks", () => {
  const alerts = rulesOf("alerts");
  const names = alerts.map(({ alert }) => alert ?? "");

  test("every alert has a runbook and every runbook an alert", () => {
    const runbooks = readdirSync("dashboards/runbooks").map((file) => file.replace(/\.md$/, ""));
    expect(runbooks.sort()).toEqual([...names].sort());
  });

  test("docs/operations.md lists them as they are", () => {
    const page = readFileSync("docs/operations.md", "utf8");
    const rows = alerts.map(({ alert, labels, annotations }) => {
      const link = `[${alert}](../dashboards/runbooks/${alert}.md)`;
      return `| ${link} | ${labels?.["severity"]} | ${annotations?.["summary"]} |`;
    });
    expect(rows.filter((row) => !page.includes(row))).toEqual([]);
  });

  test.each(alerts)("$alert says what it is, how bad, and where to read on", ({ alert, labels, annotations }) => {
    expect(["critical", "warning"]).toContain(labels?.["severity"]);
    expect(annotations?.["summary"]).toBeTruthy();
    expect(annotations?.["description"]).toMatch(/\.$/);
    expect(annotations?.["runbook_url"]).toBe(`dashboards/runbooks/${alert}.md`);
  });

  test.each(names)("the runbook of %s says what users see, how to confirm, what to do, and what not to do", (name) => {
    const page = readFileSync(`dashboards/runbooks/${name}.md`, "utf8");
    expect(page.startsWith(`# ${name}\n`)).toBe(true);
    const headings = [...page.matchAll(/^## (.*)$/gm)].map((match) => match[1]);
    expect(headings).toEqual(["What users see", "How to confirm", "What to do", "What not to do"]);
    for (const section of page.split(/^## .*$/m).slice(1)) expect(section.trim().length).toBeGreaterThan(20);
    const queries = [...page.matchAll(/```promql\n([^`]*)```/g)].flatMap((match) =>
      (match[1] ?? "").trim().split("\n"),
    );
    const unknown = queries.flatMap(selectorsIn).filter(({ name: series }) => {
      return !recorded.includes(series) && !foreign.test(series) && facts[metricOf(series)] === undefined;
    });
    expect(unknown).toEqual([]);
    const links = [...page.matchAll(/\]\((Weir\w+)\.md\)/g)].map((match) => match[1]);
    expect(links.filter((link) => !names.includes(link ?? ""))).toEqual([]);
  });
});
