import { expect, test } from "vitest";
import { boards } from "../../dashboards/src/boards.ts";
import { fieldsOf, renderChart } from "../harness/chart.ts";
import { copyChart } from "../harness/chart-matrix.ts";

test("every pod of Weir's, and none of the demo's, is behind the ops Service, ready or not", async () => {
  const { get } = await renderChart();
  const service = get("Service", "weir-ops");
  expect(service.at("spec")).toMatchObject({ clusterIP: "None", publishNotReadyAddresses: true });
  const selector = Object.entries(fieldsOf(service.at("spec.selector")));
  const selects = (kind: string, name: string): boolean => {
    const labels = fieldsOf(get(kind, name).at("spec.template.metadata.labels"));
    return selector.every(([key, value]) => labels[key] === value);
  };
  expect(["gateway", "flusher", "controller"].map((name) => selects("Deployment", `weir-${name}`))).toEqual([
    true,
    true,
    true,
  ]);
  expect(["redis", "mongodb"].map((name) => selects("StatefulSet", `weir-${name}-demo`))).toEqual([false, false]);
});

test.each([
  ["podMonitor", "PodMonitor", "podMetricsEndpoints"],
  ["serviceMonitor", "ServiceMonitor", "endpoints"],
] as const)(
  "a %s scrapes the ops ports, under the labels by which a Prometheus selects",
  async (value, kind, field) => {
    const labels = { release: "prometheus" };
    const { get } = await renderChart({
      values: { monitoring: { [value]: { enabled: true, interval: "5s", labels } } },
    });
    const monitor = get(kind, "weir");
    const relabelings = [{ sourceLabels: ["__meta_kubernetes_pod_name"], targetLabel: "instance" }];
    expect(monitor.at(`spec.${field}`)).toEqual([{ port: "ops", path: "/metrics", interval: "5s", relabelings }]);
    expect(monitor.at("metadata.labels")).toMatchObject(labels);
    const target =
      value === "podMonitor"
        ? get("Deployment", "weir-flusher").at("spec.template.metadata.labels")
        : get("Service", "weir-ops").at("metadata.labels");
    expect(target).toMatchObject(fieldsOf(monitor.at("spec.selector.matchLabels")));
  },
);

test("braces in rules and dashboards arrive as they are", async () => {
  await using chart = await copyChart({
    "files/rules/braces.yaml":
      'groups: [{ name: a, rules: [{ alert: B, expr: up, annotations: { summary: "{{ $labels.pod }}" } }] }]',
    "files/dashboards/braces.json": '{ "title": "{{pod}}",\n  "panels": [] }',
  });
  const dashboards = {
    configMaps: true,
    grafanaDashboards: true,
    labels: { grafana_dashboard: "1" },
    annotations: { folder: "Chat" },
  };
  const { get } = await renderChart({
    chart: chart.path,
    values: { monitoring: { rules: { enabled: true }, dashboards } },
  });
  expect(get("PrometheusRule", "weir-braces").at("spec.groups.0.rules.0.annotations.summary")).toBe(
    "{{ $labels.pod }}",
  );
  const map = get("ConfigMap", "weir-braces");
  expect(JSON.parse(String(fieldsOf(map.at("data"))["braces.json"]))).toEqual({ title: "{{pod}}", panels: [] });
  expect(map.at("metadata")).toMatchObject({ labels: { grafana_dashboard: "1" }, annotations: { folder: "Chat" } });
  const dashboard = get("GrafanaDashboard", "weir-braces");
  expect(JSON.parse(String(dashboard.at("spec.json")))).toEqual({ title: "{{pod}}", panels: [] });
});

test("the rules and dashboards of this repository are in the chart, and their links go where the runbooks are served", async () => {
  const { get } = await renderChart({
    values: {
      monitoring: {
        runbooks: "https://runbooks.example/weir/",
        rules: { enabled: true },
        dashboards: { configMaps: true },
      },
    },
  });
  const rule = get("PrometheusRule", "weir-alerts").at("spec.groups.0.rules.0.annotations.runbook_url");
  expect(rule).toBe("https://runbooks.example/weir/WeirDeliveryBudgetBurning.md");
  expect(get("PrometheusRule", "weir-rules").at("spec.groups.0.rules.0.record")).toMatch(/^job:weir_/);
  for (const name of Object.keys(boards)) {
    const text = fieldsOf(get("ConfigMap", `weir-${name}`).at("data"))[`weir-${name}.json`];
    expect(JSON.parse(String(text))).toMatchObject({ tags: ["weir"], uid: `weir-${name}` });
    expect(text).not.toContain("dashboards/runbooks");
  }
});

test("without being asked for, nothing of a monitoring stack is made", async () => {
  const { manifests } = await renderChart();
  expect(manifests.filter(({ at }) => /monitoring|grafana/.test(String(at("apiVersion"))))).toEqual([]);
});
