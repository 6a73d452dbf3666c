import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { parse, stringify } from "yaml";
import { withVariables } from "../../dashboards/src/expression.ts";
import { isObject } from "../harness/load-wire.ts";
import { filled } from "../harness/prometheus.ts";
import { allPanels, rulesOf } from "../harness/watched.ts";

async function promtool(...args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await promisify(execFile)("promtool", [...args]);
  return `${stdout}${stderr}`;
}

test("Prometheus takes the rules", async () => {
  const said = await promtool("check", "rules", "--lint-fatal", "dashboards/rules.yaml", "dashboards/alerts.yaml");
  expect(said).toContain(`SUCCESS: ${rulesOf("alerts").length} rules found`);
});

test("each alert fires where it should, and exactly there", async () => {
  expect(await promtool("test", "rules", "dashboards/alerts.test.yaml")).toContain("SUCCESS");
});

test("every alert has a case in which it fires", async () => {
  const file: unknown = parse(await readFile("dashboards/alerts.test.yaml", "utf8"));
  const text = JSON.stringify(isObject(file) ? file["tests"] : undefined);
  const fired = new Set([...text.matchAll(/\{alertname=\\"(\w+)\\"\}/g)].map((match) => match[1]));
  expect(fired).toEqual(new Set(rulesOf("alerts").map(({ alert }) => alert)));
});

test("Prometheus understands every query of the boards", async () => {
  const dir = await mkdtemp(join(tmpdir(), "weir-promql-"));
  try {
    const exprs = allPanels().flatMap(({ panel }) => panel.targets.map(({ expr }) => filled(withVariables(expr))));
    const rules = exprs.map((expr, index) => ({ record: `board:query:${index}`, expr }));
    await writeFile(join(dir, "boards.yaml"), stringify({ groups: [{ name: "boards", rules }] }));
    expect(await promtool("check", "rules", join(dir, "boards.yaml"))).toContain(`SUCCESS: ${exprs.length} rules`);
  } finally {
    await rm(dir, { recursive: true });
  }
});
