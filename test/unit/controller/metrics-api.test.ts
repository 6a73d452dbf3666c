import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createMetricsApi } from "../../../src/controller/metrics-api/metrics-api.ts";
import type { GatewayPod } from "../../../src/controller/platform/gateway-pod.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { createMetrics } from "../../../src/telemetry/metrics.ts";

const group = "/apis/custom.metrics.k8s.io";
const pods = `${group}/v1beta1/namespaces/chat/pods`;

function pod(name: string, given: Partial<GatewayPod> = {}): GatewayPod {
  return { name, labels: { app: "weir" }, phase: "ready", connections: 5, deletionCost: undefined, ...given };
}

async function get(url: string, seen: readonly GatewayPod[] | "unseen" = []): Promise<{ code: number; body: unknown }> {
  const metrics = createMetrics({ processMetrics: false });
  const api = createMetricsApi({
    namespace: "chat",
    pods: () => Promise.resolve(seen === "unseen" ? undefined : seen),
    clock: new ManualClock(),
    metrics,
  });
  const { code, body } = await api({ method: "GET", url });
  return { code, body: JSON.parse(JSON.stringify(body)) as unknown };
}

describe("the custom metrics API", () => {
  test("says what it has to those who discover", async () => {
    expect((await get("/apis")).body).toMatchObject({
      kind: "APIGroupList",
      groups: [{ name: "custom.metrics.k8s.io" }],
    });
    expect((await get(group)).body).toMatchObject({ kind: "APIGroup", preferredVersion: { version: "v1beta1" } });
    expect((await get(`${group}/v1beta2`)).body).toMatchObject({
      kind: "APIResourceList",
      groupVersion: "custom.metrics.k8s.io/v1beta2",
      resources: [{ name: "pods/weir_connections", namespaced: true, verbs: ["get"] }],
    });
  });

  test("says how many connections each pod has that a selector takes", async () => {
    const seen = [pod("a", { connections: 3 }), pod("b", { connections: 0 }), pod("c", { labels: { app: "other" } })];
    const { code, body } = await get(`${pods}/*/weir_connections?labelSelector=app%3Dweir`, seen);
    expect(code).toBe(200);
    expect(body).toMatchObject({
      kind: "MetricValueList",
      apiVersion: "custom.metrics.k8s.io/v1beta1",
      items: [
        { describedObject: { kind: "Pod", namespace: "chat", name: "a" }, metricName: "weir_connections", value: "3" },
        { describedObject: { name: "b" }, value: "0" },
      ],
    });
  });

  test("names the metric in the way of each version", async () => {
    const { body } = await get(`${group}/v1beta2/namespaces/chat/pods/a/weir_connections`, [pod("a")]);
    expect(body).toMatchObject({ items: [{ metric: { name: "weir_connections" }, value: "5" }] });
  });

  test("a pod whose count is unknown is an error, by itself and among others, whatever the others have", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.nat(1_000)),
        fc.constantFrom("ready" as const, "unready" as const),
        async (counts, phase) => {
          const known = counts.map((connections, i) => pod(`k${i}`, { connections }));
          const seen = [...known, pod("mute", { connections: undefined, phase })];
          for (const name of ["*", "mute"]) {
            const { code, body } = await get(`${pods}/${name}/weir_connections`, seen);
            expect(code).toBe(503);
            expect(body).toMatchObject({ kind: "Status", message: expect.stringContaining("mute") as unknown });
          }
        },
      ),
    );
  });

  test("leaves out of a list those who leave and those who have just begun", async () => {
    const seen = [pod("a"), pod("b", { phase: "leaving" }), pod("c", { phase: "starting", connections: undefined })];
    const { code, body } = await get(`${pods}/*/weir_connections`, seen);
    expect(code).toBe(200);
    expect(body).toMatchObject({ items: [{ describedObject: { name: "a" } }] });
    expect(body).not.toMatchObject({ items: [{}, {}] });
  });

  test.each([
    ["the cluster is not seen", `${pods}/*/weir_connections`, "unseen" as const, 503],
    ["a pod that is none of ours", `${pods}/x/weir_connections`, [pod("a")], 404],
    ["another metric", `${pods}/*/cpu`, [pod("a")], 404],
    ["another namespace", `${group}/v1beta1/namespaces/other/pods/*/weir_connections`, [pod("a")], 404],
    ["another resource", `${group}/v1beta1/namespaces/chat/services/*/weir_connections`, [pod("a")], 404],
    ["another version", `${group}/v1/namespaces/chat/pods/*/weir_connections`, [pod("a")], 404],
    ["another group", "/apis/apps/v1", [pod("a")], 404],
    ["a selector that is none", `${pods}/*/weir_connections?labelSelector=a%20b`, [pod("a")], 400],
    ["labels of the metric", `${pods}/*/weir_connections?metricLabelSelector=a%3Db`, [pod("a")], 400],
  ])("refuses %s", async (_what, url, seen, code) => {
    const answer = await get(url, seen);
    expect(answer).toMatchObject({ code, body: { kind: "Status", status: "Failure", code } });
  });
});
