import { expect, test } from "vitest";
import { stopBudget } from "../../src/roles/stop-budget.ts";
import { listAt, renderChart } from "../harness/chart.ts";
import { environmentOf } from "../harness/chart-pods.ts";

const pod = "spec.template.spec";

test.each([
  [0, 0, 30],
  [5, 60, 95],
  [10, 120, 160],
  [20, 250, 300],
])(
  "a preStop of %i s and a window of %i s give a grace period of %i s",
  async (preStopSeconds, windowSeconds, grace) => {
    const { get } = await renderChart({ values: { gateway: { drain: { preStopSeconds, windowSeconds } } } });
    const deployment = get("Deployment", "weir-gateway");
    expect(deployment.at(`${pod}.terminationGracePeriodSeconds`)).toBe(grace);
    expect(environmentOf(deployment).get("WEIR_DRAIN_WINDOW")).toBe(`${windowSeconds}s`);
    // What the process promises of itself.
    expect(grace).toBeGreaterThanOrEqual(preStopSeconds + stopBudget(windowSeconds * 1_000).exitMs / 1_000);
  },
);

test("balancers have time to learn of a stop by the kubelet's own sleep, which needs no shell", async () => {
  const { get } = await renderChart();
  expect(get("Deployment", "weir-gateway").at(`${pod}.containers.0.lifecycle`)).toEqual({
    preStop: { sleep: { seconds: 5 } },
  });
  const without = await renderChart({ values: { gateway: { drain: { preStopSeconds: 0 } } } });
  expect(without.get("Deployment", "weir-gateway").at(`${pod}.containers.0.lifecycle`)).toBeUndefined();
});

test("a rollout starts a pod before it takes one away, and evictions take one at a time", async () => {
  const { get } = await renderChart();
  expect(get("Deployment", "weir-gateway").at("spec.strategy.rollingUpdate")).toEqual({
    maxSurge: 1,
    maxUnavailable: 0,
  });
  expect(get("PodDisruptionBudget", "weir-gateway").at("spec")).toEqual({
    maxUnavailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector: get("Deployment", "weir-gateway").at("spec.selector"),
  });
});

test("pods are spread over zones and nodes where that can be had, and over nodes where none has a zone", async () => {
  const { get } = await renderChart();
  const spec = get("Deployment", "weir-gateway").at(pod);
  expect(listAt(spec, "topologySpreadConstraints")).toMatchObject([
    { topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "ScheduleAnyway" },
    { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
  ]);
  const preferred = "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution";
  expect(listAt(spec, preferred)).toMatchObject([{ podAffinityTerm: { topologyKey: "kubernetes.io/hostname" } }]);
});

test("affinities of the user go beside the chart's, and in place of those of the same kind", async () => {
  const affinity = {
    nodeAffinity: { a: "b" },
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] },
  };
  const { get } = await renderChart({
    values: { gateway: { affinity }, flusher: { affinity: { nodeAffinity: { c: "d" } } } },
  });
  expect(get("Deployment", "weir-gateway").at(`${pod}.affinity`)).toEqual(affinity);
  expect(get("Deployment", "weir-flusher").at(`${pod}.affinity`)).toMatchObject({
    nodeAffinity: { c: "d" },
    podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 100 }] },
  });
});

test("a gateway has no token of the API, and no rights there", async () => {
  const { get, names } = await renderChart();
  expect(get("Deployment", "weir-gateway").at(`${pod}.automountServiceAccountToken`)).toBe(false);
  expect(get("ServiceAccount", "weir-gateway").at("automountServiceAccountToken")).toBe(false);
  expect(names().filter((name) => /Role.*gateway/.test(name))).toEqual([]);
});

test("liveness and readiness are asked on the ops port", async () => {
  const { get } = await renderChart();
  const container = get("Deployment", "weir-gateway").at(`${pod}.containers.0`);
  expect(container).toMatchObject({
    startupProbe: { httpGet: { path: "/livez", port: "ops" } },
    livenessProbe: { httpGet: { path: "/livez", port: "ops" } },
    readinessProbe: { httpGet: { path: "/readyz", port: "ops" } },
  });
});

test("numbers among the settings are written out, whatever their size", async () => {
  const settings = { WEIR_BUFFER_MAX_MESSAGES: 1_000_000, WEIR_RATE_USER: "7", WEIR_LOG_TAIL: 0 };
  const { get } = await renderChart({ values: { settings } });
  const env = environmentOf(get("Deployment", "weir-gateway"));
  expect(["WEIR_BUFFER_MAX_MESSAGES", "WEIR_RATE_USER", "WEIR_LOG_TAIL"].map((name) => env.get(name))).toEqual([
    "1000000",
    "7",
    "0",
  ]);
});

test("a new version of the chart alone replaces no pod", async () => {
  const { get } = await renderChart();
  const labels = get("Deployment", "weir-gateway").at("spec.template.metadata.labels");
  expect(labels).not.toHaveProperty(["helm.sh/chart"]);
  expect(labels).not.toHaveProperty(["app.kubernetes.io/version"]);
});
