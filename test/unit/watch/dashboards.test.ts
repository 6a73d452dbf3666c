import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { boards } from "../../../dashboards/src/boards.ts";
import { buildBoard } from "../../../dashboards/src/build-board.ts";
import { withVariables } from "../../../dashboards/src/expression.ts";
import { generatedDashboards } from "../../../scripts/generated-dashboards.ts";
import { selectorsIn } from "../../harness/promql.ts";
import { allPanels, panelsOf, rulesOf } from "../../harness/watched.ts";

/* What Grafana's dashboard-linter asks of a dashboard, and what we ask beside it. */

test.each(Object.entries(generatedDashboards))("%s says what its source says", (path, make) => {
  expect(readFileSync(path, "utf8")).toBe(make());
});

/** Series that no process has alone, and those of others. */
const ofThePlatform = /^(job:|role:|ALERTS$|kube_|container_)/;
/** Of several roles at once, so that to choose one instance would leave a part out. */
const acrossRoles = ["Stored within 5 s", "Storage budget left"];
const cumulative = /_(total|bucket|sum|count)$/;

describe.each(Object.entries(boards))("the board %s", (_name, board) => {
  const built = buildBoard(board);

  test("lets its reader choose data source, namespace, job and instance, and asks again when the time changes", () => {
    const variables = built.templating?.list ?? [];
    const all = ["datasource", "namespace", "job", "instance", ...(board.ofLoadTests === true ? ["testid"] : [])];
    expect(variables.map(({ name }) => name)).toEqual(all);
    expect(variables[0]).toMatchObject({ type: "datasource", query: "prometheus" });
    for (const variable of variables.slice(1)) {
      expect(variable).toMatchObject({ refresh: 2, multi: true, includeAll: true });
      expect(variable.allValue).toBe(["namespace", "testid"].includes(variable.name) ? ".*" : ".+");
      expect(variable.datasource).toMatchObject({ uid: "$datasource" });
    }
  });

  test("can't be edited, has a stable id, and marks rollouts and leader changes", () => {
    expect(built).toMatchObject({ editable: false, uid: board.uid, tags: ["weir"], schemaVersion: 42 });
    expect(board.uid).toMatch(/^weir-[a-z-]+$/);
    expect(built.annotations?.list?.map(({ name }) => name)).toEqual(["Rollouts", "Leader changes"]);
  });

  test("shows what matters first: rows below the fold are closed, the first is open", () => {
    expect(board.rows[0]?.collapsed).toBeUndefined();
    const firstClosed = board.rows.findIndex(({ collapsed }) => collapsed === true);
    if (firstClosed >= 0) expect(board.rows.slice(firstClosed).every(({ collapsed }) => collapsed === true)).toBe(true);
  });

  test("gives no two panels the same title", () => {
    const titles = panelsOf(board).map(({ title }) => title);
    expect(titles).toEqual([...new Set(titles)]);
  });
});

test("no two boards have the same id or title", () => {
  const all = Object.values(boards);
  expect(new Set(all.map(({ uid }) => uid)).size).toBe(all.length);
  expect(new Set(all.map(({ title }) => title)).size).toBe(all.length);
});

describe.each(allPanels().map(({ board, panel }) => ({ name: `${board} / ${panel.title}`, panel })))(
  "the panel $name",
  ({ panel }) => {
    test("says what it shows, and every query fits the board's variables and its resolution", () => {
      expect(panel.description).toMatch(/[.]$/);
      expect(panel.targets.length).toBeGreaterThan(0);
      for (const target of panel.targets) checkQuery(panel.title, withVariables(target.expr));
    });

    test("names an alert that there is, and several series of one panel have names", () => {
      const alerts = rulesOf("alerts").map(({ alert }) => alert);
      if (panel.alert !== undefined) expect(alerts).toContain(panel.alert);
      if (panel.targets.length > 1) for (const { legend } of panel.targets) expect(legend).not.toBe("");
    });
  },
);

/** By which variables of its board a series is chosen. */
function variablesOf(name: string, title: string): readonly string[] {
  if (name.startsWith("k6_")) return ["testid"];
  if (/^(kube_|container_)/.test(name)) return ["namespace"];
  const whole = ofThePlatform.test(name) || acrossRoles.includes(title);
  return whole ? ["namespace", "job"] : ["namespace", "job", "instance"];
}

function checkQuery(title: string, expr: string): void {
  expect(expr).not.toContain("@");
  for (const { name, labels, range, within } of selectorsIn(expr)) {
    expect([name, labels]).toEqual([name, expect.arrayContaining([...variablesOf(name, title)])]);
    if (range !== undefined) expect(["$__rate_interval", "$__range"]).toContain(range);
    if (cumulative.test(name)) expect([name, within]).toEqual([name, expect.stringMatching(/^(rate|increase)$/)]);
    else expect([name, within]).not.toEqual([name, expect.stringMatching(/^(rate|increase)$/)]);
  }
}
