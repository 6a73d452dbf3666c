import { describe, expect, test } from "vitest";
import { stopBudget } from "../../src/roles/stop-budget.ts";
import { fieldsOf, listAt, renderChart } from "../harness/chart.ts";
import { environmentOf } from "../harness/chart-pods.ts";

const pod = "spec.template.spec";

/** The right to create a Lease can't be bound to a name. */
function leaseRules(name: string): readonly unknown[] {
  const lease = { apiGroups: ["coordination.k8s.io"], resources: ["leases"] };
  return [
    { ...lease, resourceNames: [name], verbs: ["get", "update"] },
    { ...lease, verbs: ["create"] },
  ];
}

describe.each(["flusher", "controller"])("the %s", (component) => {
  const name = `weir-${component}`;

  test("is two pods, of which one leads", async () => {
    const { get } = await renderChart();
    expect(get("Deployment", name).at("spec.replicas")).toBe(2);
    expect(get("PodDisruptionBudget", name).at("spec.maxUnavailable")).toBe(1);
  });

  test("has as long to stop as it needs without a drain window", async () => {
    const { get } = await renderChart();
    const deployment = get("Deployment", name);
    expect(environmentOf(deployment).get("WEIR_DRAIN_WINDOW")).toBe("0s");
    expect(deployment.at(`${pod}.terminationGracePeriodSeconds`)).toBeGreaterThan(stopBudget(0).exitMs / 1_000);
  });
});

test("a controller may read and renew its own Lease", async () => {
  const name = "weir-controller";
  const { get } = await renderChart();
  const deployment = get("Deployment", name);
  expect(deployment.at(`${pod}.automountServiceAccountToken`)).toBe(true);
  expect(environmentOf(deployment).get("WEIR_LEASE_NAME")).toBe(name);
  expect(listAt(get("Role", name).object, "rules")).toEqual(expect.arrayContaining([...leaseRules(name)]));
  expect(get("RoleBinding", name).at("subjects")).toEqual([{ kind: "ServiceAccount", name, namespace: "chat" }]);
});

test("a flusher has no right in the cluster and no token to use one", async () => {
  const { get, names } = await renderChart();
  const deployment = get("Deployment", "weir-flusher");
  expect(deployment.at(`${pod}.automountServiceAccountToken`)).toBe(false);
  expect(environmentOf(deployment).get("WEIR_LEASE_NAME")).toBeUndefined();
  expect(names().filter((name) => /^(Cluster)?Role.*flusher/.test(name))).toEqual([]);
});

test("without the controller there is nothing of it", async () => {
  const { names } = await renderChart({ values: { controller: { enabled: false } } });
  expect(names().filter((name) => /controller|ChatPlatform/.test(name))).toEqual([]);
});

test("the controller knows its gateways and its platform", async () => {
  const { get } = await renderChart({ release: "chat" });
  const env = environmentOf(get("Deployment", "chat-weir-controller"));
  expect(env.get("WEIR_PLATFORM_NAME")).toBe("chat-weir");
  const labels = Object.entries(fieldsOf(get("Deployment", "chat-weir-gateway").at("spec.selector.matchLabels")));
  expect(env.get("WEIR_GATEWAY_SELECTOR")).toBe(labels.map(([key, value]) => `${key}=${String(value)}`).join(","));
});

describe("the ChatPlatform", () => {
  const kinds = ["weir.chat/v1alpha1/ChatPlatform"];

  test("is made by a hook where the cluster does not know its kind yet, and removed by another", async () => {
    const { manifests } = await renderChart();
    const platforms = manifests.filter(({ kind }) => kind === "ChatPlatform");
    expect(platforms.map(({ at }) => fieldsOf(at("metadata.annotations"))["helm.sh/hook"])).toEqual([
      "post-install,post-upgrade",
      "pre-delete",
    ]);
    // By which a later upgrade takes it over.
    expect(platforms[0]?.at("metadata.annotations")).toMatchObject({
      "meta.helm.sh/release-name": "weir",
      "meta.helm.sh/release-namespace": "chat",
    });
  });

  test("is an object of the release where the kind is known", async () => {
    const platform = { gatewayCapacity: 5_000 };
    const { get, manifests } = await renderChart({ apiVersions: kinds, values: { controller: { platform } } });
    expect(manifests.filter(({ kind }) => kind === "ChatPlatform")).toHaveLength(1);
    expect(get("ChatPlatform", "weir").at("metadata.annotations")).toBeUndefined();
    expect(get("ChatPlatform", "weir").at("spec")).toEqual(platform);
  });
});

test("custom resource definitions stay when the release goes, and can be left to another release", async () => {
  const { get } = await renderChart();
  for (const plural of ["chatplatforms", "chatroompolicies"]) {
    expect(get("CustomResourceDefinition", `${plural}.weir.chat`).at("metadata.annotations")).toHaveProperty(
      ["helm.sh/resource-policy"],
      "keep",
    );
  }
  const without = await renderChart({ values: { crds: { install: false } } });
  expect(without.names().filter((name) => name.startsWith("CustomResource"))).toEqual([]);
});
