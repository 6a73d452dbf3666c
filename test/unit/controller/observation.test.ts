import { expect, test } from "vitest";
import type { GatewayPod } from "../../../src/controller/platform/gateway-pod.ts";
import { fleetFigures } from "../../../src/controller/platform/observation.ts";

function pod(phase: GatewayPod["phase"], connections: number | undefined): GatewayPod {
  return { name: "gw", labels: {}, phase, connections, deletionCost: undefined };
}

test("connections of a gateway that is not ready count, those of one that leaves or starts do not", () => {
  const pods = [pod("ready", 40), pod("unready", 7), pod("leaving", 500), pod("starting", 0)];
  expect(fleetFigures(pods, 100)).toEqual({
    total: 4,
    ready: 1,
    draining: 1,
    unknown: 0,
    connections: 47,
    headroomPercent: 60,
    imbalance: { percent: 100, excess: 0 },
  });
});

test("gateways that do not say what they hold are counted, and nothing is worked out without them", () => {
  const pods = [pod("ready", 40), pod("ready", undefined), pod("unready", undefined), pod("leaving", undefined)];
  expect(fleetFigures(pods, 100)).toMatchObject({
    ready: 2,
    unknown: 2,
    connections: 40,
    headroomPercent: undefined,
    imbalance: undefined,
  });
});
