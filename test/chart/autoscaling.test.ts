import { describe, expect, test } from "vitest";
import { metricsVersions } from "../../src/controller/metrics-api/connections-metric.ts";
import { fieldsOf, type Rendered, renderChart, type Values } from "../harness/chart.ts";
import { kedaErrors } from "../harness/keda-definition.ts";

function scaled(autoscaling: Values, values: Values = {}): Promise<Rendered> {
  return renderChart({ values: { ...values, autoscaling } });
}

const prometheus = { serverAddress: "http://prometheus:9090" };

test("without autoscaling the Deployment says how many", async () => {
  const { get, names } = await renderChart({ values: { gateway: { replicas: 4 } } });
  expect(get("Deployment", "weir-gateway").at("spec.replicas")).toBe(4);
  expect(names().filter((name) => /Autoscaler|ScaledObject/.test(name))).toEqual([]);
});

describe.each(["hpa", "keda"])("with %s", (mode) => {
  test("the Deployment leaves its replicas to the autoscaler, and there is only one", async () => {
    const { get, names } = await scaled({ mode, keda: prometheus });
    expect(get("Deployment", "weir-gateway").object).not.toHaveProperty("spec.replicas");
    expect(names().filter((name) => /Autoscaler|ScaledObject/.test(name))).toHaveLength(1);
  });
});

/** Fast out, slow in: one pod per drain, and no less than the most that half an hour asked for. */
const behavior = {
  scaleUp: {
    stabilizationWindowSeconds: 0,
    selectPolicy: "Max",
    policies: [
      { type: "Percent", value: 100, periodSeconds: 60 },
      { type: "Pods", value: 4, periodSeconds: 60 },
    ],
  },
  scaleDown: {
    stabilizationWindowSeconds: 1_800,
    selectPolicy: "Min",
    policies: [{ type: "Pods", value: 1, periodSeconds: 300 }],
  },
};

test("the HPA aims at connections per pod first, at CPU second", async () => {
  const { get } = await scaled({ mode: "hpa", minReplicas: 3, maxReplicas: 9, connections: 5_000, cpuPercent: 60 });
  expect(get("HorizontalPodAutoscaler", "weir-gateway").at("spec")).toEqual({
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "weir-gateway" },
    minReplicas: 3,
    maxReplicas: 9,
    metrics: [
      {
        type: "Pods",
        pods: { metric: { name: "weir_connections" }, target: { type: "AverageValue", averageValue: "5000" } },
      },
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: 60 } } },
    ],
    behavior,
  });
});

test("the ScaledObject never takes an empty answer for no connections, and has a fallback", async () => {
  const { get } = await scaled({ mode: "keda", minReplicas: 3, keda: { ...prometheus, fallbackReplicas: 6 } });
  expect(get("ScaledObject", "weir-gateway").at("spec")).toEqual({
    scaleTargetRef: { name: "weir-gateway" },
    minReplicaCount: 3,
    maxReplicaCount: 20,
    pollingInterval: 15,
    fallback: { failureThreshold: 3, replicas: 6, behavior: "currentReplicasIfHigher" },
    advanced: { horizontalPodAutoscalerConfig: { name: "weir-gateway", behavior } },
    triggers: [
      {
        type: "prometheus",
        metricType: "AverageValue",
        metadata: {
          serverAddress: "http://prometheus:9090",
          query: 'sum(weir_connections{namespace="chat",pod=~"weir-gateway-.+"})',
          threshold: "7000",
          ignoreNullValues: "false",
        },
      },
      { type: "cpu", metricType: "Utilization", metadata: { value: "70" } },
    ],
  });
});

test.each(["hpa", "keda"])("%s leaves CPU out where it is told so", async (mode) => {
  const { manifests } = await scaled({ mode, cpuPercent: 0, keda: prometheus });
  expect(JSON.stringify(manifests.map(({ object }) => object))).not.toMatch(/"cpu","target"|"type":"cpu"/);
});

test("without a number of its own the fallback is the least number of pods", async () => {
  const { get } = await scaled({ mode: "keda", minReplicas: 5, keda: prometheus });
  expect(get("ScaledObject", "weir-gateway").at("spec.fallback.replicas")).toBe(5);
});

describe("the custom metrics API", () => {
  test("is off, with all that is cluster-wide, until it is asked for", async () => {
    const { names } = await renderChart();
    expect(names().filter((name) => /^(APIService|Cluster)|metrics/.test(name))).toEqual([]);
  });

  test("is served by the controller, under a certificate that the API server can check", async () => {
    const { get } = await renderChart({ values: { customMetrics: { enabled: true } } });
    for (const version of metricsVersions) {
      const api = get("APIService", `${version}.custom.metrics.k8s.io`);
      expect(api.at("spec.service")).toEqual({ name: "weir-custom-metrics", namespace: "chat", port: 443 });
      expect(api.at("spec")).not.toHaveProperty("insecureSkipTLSVerify");
      expect(api.at("spec.caBundle")).toBe(fieldsOf(get("Secret", "weir-custom-metrics").at("data"))["ca.crt"]);
    }
    expect(get("Service", "weir-custom-metrics").at("spec.selector")).toEqual(
      get("Deployment", "weir-controller").at("spec.selector.matchLabels"),
    );
  });

  test("takes a certificate of the user", async () => {
    const tls = { existingSecret: "mine", caBundle: "PEM" };
    const { get, names } = await renderChart({ values: { customMetrics: { enabled: true, tls } } });
    expect(names()).not.toContain("Secret/weir-custom-metrics");
    expect(get("APIService", "v1beta1.custom.metrics.k8s.io").at("spec.caBundle")).toBe(
      Buffer.from("PEM").toString("base64"),
    );
    expect(JSON.stringify(get("Deployment", "weir-controller").object)).toContain('"secretName":"mine"');
  });

  test("needs one right outside the namespace: to read how to know the API server", async () => {
    const { get, names } = await renderChart({ values: { customMetrics: { enabled: true } } });
    const outside = names().filter((name) => /^(Cluster|RoleBinding\/chat)/.test(name));
    expect(outside).toEqual(["RoleBinding/chat-weir-custom-metrics"]);
    const binding = get("RoleBinding", "chat-weir-custom-metrics");
    expect(binding.at("metadata.namespace")).toBe("kube-system");
    expect(binding.at("roleRef.name")).toBe("extension-apiserver-authentication-reader");
  });
});

test("KEDA's own definition takes the ScaledObject, and would refuse a field that it does not know", async () => {
  const { get } = await scaled({ mode: "keda", keda: { ...prometheus, fallbackReplicas: 6 } });
  const spec = fieldsOf(get("ScaledObject", "weir-gateway").at("spec"));
  expect(await kedaErrors(spec)).toEqual([]);
  expect(await kedaErrors({ ...spec, maxReplicas: 3 })).toEqual([": must NOT have additional properties"]);
  expect(await kedaErrors({ ...spec, fallback: { replicas: 6 } })).not.toEqual([]);
});
