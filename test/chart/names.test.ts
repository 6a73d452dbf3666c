import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { chartFolder, pick, renderChart } from "../harness/chart.ts";
import { matrixFile } from "../harness/chart-matrix.ts";

test("a release named like the chart gives its name to everything, another is put before", async () => {
  expect((await renderChart()).names()).toContain("Deployment/weir-gateway");
  expect((await renderChart({ release: "team-a" })).names()).toContain("Deployment/team-a-weir-gateway");
  expect((await renderChart({ values: { fullnameOverride: "chat" } })).names()).toContain("Deployment/chat-gateway");
});

test("names stay within the 63 characters of a label, however long the release's is", async () => {
  const files = [matrixFile("production")];
  const { manifests } = await renderChart({ release: "a".repeat(53), files });
  const own = manifests.filter(
    ({ kind }) => !["CustomResourceDefinition", "APIService"].includes(kind) && !kind.startsWith("Cluster"),
  );
  expect(own.filter(({ name }) => name.length > 63)).toEqual([]);
});

test("two releases in a cluster share no object but the custom resource definitions and the metrics API", async () => {
  const files = [matrixFile("production")];
  const [one, two] = [
    await renderChart({ files, release: "one" }),
    await renderChart({ files, release: "two", namespace: "b" }),
  ];
  const own = new Set(one.names());
  expect(two.names().filter((name) => own.has(name))).toEqual([
    "APIService/v1beta1.custom.metrics.k8s.io",
    "APIService/v1beta2.custom.metrics.k8s.io",
    "CustomResourceDefinition/chatplatforms.weir.chat",
    "CustomResourceDefinition/chatroompolicies.weir.chat",
  ]);
});

test("the chart is of the same version as the program", () => {
  const chart: unknown = parse(readFileSync(`${chartFolder}/Chart.yaml`, "utf8"));
  const program: unknown = JSON.parse(readFileSync("package.json", "utf8"));
  expect(pick(chart, "appVersion")).toBe(pick(program, "version"));
});
