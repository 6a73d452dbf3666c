import { existsSync, globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { generatedDocs } from "../../scripts/generated-docs.ts";
import { requestSchemas } from "../../src/protocol/schemas.ts";
import { metricCatalogue } from "../../src/telemetry/metric-catalogue.ts";

test.each(Object.entries(generatedDocs))("%s says what the source says", (path, make) => {
  expect(readFileSync(path, "utf8")).toBe(make());
});

test("docs/protocol.md describes every request that the gateway takes", () => {
  const page = readFileSync("docs/protocol.md", "utf8");
  expect(Object.keys(requestSchemas).filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
});

test("every metric of the catalogue is measured somewhere", () => {
  const sources = globSync("src/**/*.ts", { exclude: ["src/telemetry/catalogue/**"] });
  const code = sources.map((file) => readFileSync(file, "utf8")).join("\n");
  expect(Object.keys(metricCatalogue).filter((name) => !code.includes(`"${name}"`))).toEqual([]);
});

test("every relative link in the documents leads somewhere", () => {
  const pages = globSync("{*.md,docs/**/*.md,dashboards/**/*.md}");
  const broken = pages.flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
      .map((match) => join(dirname(page), match[1] ?? ""))
      .filter((target) => !existsSync(target))
      .map((target) => `${page}: ${target}`),
  );
  expect(pages.length).toBeGreaterThan(5);
  expect(broken).toEqual([]);
});

test("every test that the documents name as a proof is there", () => {
  const named = globSync("{*.md,docs/**/*.md}").flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/`(test\/[\w./-]+)`/g)].map((match) => match[1] ?? ""),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((path) => !existsSync(path))).toEqual([]);
});
