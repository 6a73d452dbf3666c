import { describe, expect, test } from "vitest";
import { gatewayPods } from "../../../src/controller/platform/gateway-pod.ts";
import type { KubeObject } from "../../../src/controller/ports/kube.ts";

const now = Date.parse("2030-01-01T00:10:00Z");

interface Given {
  readonly ready?: boolean;
  readonly phase?: string;
  readonly created?: string;
  readonly deleted?: string;
  readonly cost?: string;
  readonly containers?: readonly object[];
}

function pod(name: string, given: Given = {}): KubeObject {
  const { ready = true, phase = "Running", created = "2030-01-01T00:00:00Z", deleted, cost, containers = [] } = given;
  return {
    metadata: {
      name,
      labels: { app: "weir" },
      creationTimestamp: created,
      ...(deleted === undefined ? {} : { deletionTimestamp: deleted }),
      ...(cost === undefined ? {} : { annotations: { "controller.kubernetes.io/pod-deletion-cost": cost } }),
    },
    status: {
      phase,
      containerStatuses: containers,
      conditions: [
        { type: "PodScheduled", status: "True" },
        { type: "Ready", status: ready ? "True" : "False" },
      ],
    },
  };
}

function seen(pods: readonly KubeObject[], loads: readonly [string, number][] = []): ReturnType<typeof gatewayPods> {
  return gatewayPods({ pods, loads: loads.map(([gateway, connections]) => ({ gateway, connections })), now });
}

describe("gatewayPods", () => {
  test("adds up what the workers of a pod say", () => {
    const [one] = seen(
      [pod("gw-1")],
      [
        ["gw-1_a", 3],
        ["gw-1_b", 4],
        ["gw-10_c", 100],
      ],
    );
    expect(one?.connections).toBe(7);
  });

  test("does not know the count of a pod that says nothing", () => {
    expect(seen([pod("gw-1")], [["gw-2_a", 3]])[0]?.connections).toBeUndefined();
  });

  test("knows that a pod holds nothing where it says so", () => {
    expect(seen([pod("gw-1")], [["gw-1_a", 0]])[0]?.connections).toBe(0);
  });

  test.each([
    ["ready", pod("gw")],
    ["leaving", pod("gw", { deleted: "2030-01-01T00:09:00Z" })],
    ["unready", pod("gw", { ready: false })],
    ["starting", pod("gw", { ready: false, created: "2030-01-01T00:09:30Z" })],
    ["starting", pod("gw", { ready: false, phase: "Pending" })],
    ["starting", pod("gw", { ready: false, containers: [{ state: { waiting: { reason: "CrashLoopBackOff" } } }] })],
    ["unready", pod("gw", { ready: false, containers: [{ state: { running: {} } }] })],
  ])("tells a pod that is %s", (phase, given) => {
    expect(seen([given])[0]?.phase).toBe(phase);
  });

  test("leaves out pods that have ended", () => {
    expect(
      seen([pod("a", { phase: "Succeeded" }), pod("b", { phase: "Failed" }), pod("c")]).map(({ name }) => name),
    ).toEqual(["c"]);
  });

  test("reads the cost that a pod has, and none from a text that is no number", () => {
    expect(
      seen([pod("a", { cost: "-10" }), pod("b", { cost: "much" }), pod("c")]).map(({ deletionCost }) => deletionCost),
    ).toEqual([-10, undefined, undefined]);
  });
});
