import Ajv from "ajv";
import { Type } from "typebox";
import { describe, expect, test } from "vitest";
import { chatPlatform } from "../../../src/controller/crds/chat-platform.ts";
import { judge } from "../../../src/controller/platform/conditions.ts";
import { defaultBounds, type Observation } from "../../../src/controller/platform/observation.ts";
import { boundsOf, differsInWords, statusOf, toldIn } from "../../../src/controller/platform/platform-resource.ts";
import { transitionEvents } from "../../../src/controller/platform/transition-events.ts";
import type { KubeObject } from "../../../src/controller/ports/kube.ts";

const bounds = defaultBounds;
const seen: Observation = {
  pods: [{ name: "gw", labels: {}, phase: "ready", connections: 40, deletionCost: 0 }],
  backlog: { entries: 3, oldestAgeMs: 1_600 },
  storeReachable: true,
  flusher: "weir-flusher-1",
  costConflict: undefined,
};

function platform(status: object = {}, generation = 3): KubeObject {
  return { metadata: { name: "weir", uid: "u-1", generation }, spec: {}, status };
}

function statusFor(observation: Observation, before: object = {}, now = "2030-01-01T00:00:00.000Z"): object {
  const judgements = judge(observation, bounds);
  return statusOf(platform(before), { seen: observation, bounds, judgements, controller: "weir-controller-1", now });
}

function timeOf(status: object, type: string): string | undefined {
  return toldIn(platform(status)).find((condition) => condition.type === type)?.lastTransitionTime;
}

describe("the status of a platform", () => {
  test("is one that the schema of the resource takes, whatever is known", () => {
    const schema = Type.Partial(Type.Object(chatPlatform.status));
    const unseen = { pods: undefined, backlog: undefined, storeReachable: false, flusher: undefined } as const;
    const ajv = new Ajv.default({ strict: false, formats: { int64: true, "date-time": true } });
    for (const observation of [seen, { ...unseen, costConflict: "x" }, { ...seen, pods: [] }])
      expect(ajv.validate(schema, statusFor(observation)), JSON.stringify(ajv.errors)).toBe(true);
  });

  test("says all of it in figures", () => {
    expect(statusFor(seen)).toMatchObject({
      observedGeneration: 3,
      state: "Healthy",
      gateways: { total: 1, ready: 1, draining: 0, unknown: 0, summary: "1/1" },
      connections: 40,
      headroomPercent: 99,
      backlog: { entries: 3, oldestAgeSeconds: 2 },
      leaders: { flusher: "weir-flusher-1", controller: "weir-controller-1" },
    });
  });

  test("leaves out what is unknown", () => {
    expect(statusFor({ ...seen, backlog: undefined })).not.toHaveProperty("backlog");
    expect(statusFor({ ...seen, pods: undefined })).not.toHaveProperty("connections");
  });

  test("keeps the time of a condition until its status changes", () => {
    const first = statusFor(seen);
    const later = statusFor({ ...seen, storeReachable: false }, first, "2030-01-02T00:00:00.000Z");
    expect(timeOf(later, "StoreReachable")).toBe("2030-01-02T00:00:00.000Z");
    expect(timeOf(later, "Available")).toBe("2030-01-01T00:00:00.000Z");
  });

  test("differs in words where a reason changes, and not where a figure does", () => {
    const first = statusFor(seen);
    expect(differsInWords(first, statusFor({ ...seen, backlog: { entries: 9, oldestAgeMs: 10 } }, first))).toBe(false);
    expect(differsInWords(first, statusFor({ ...seen, flusher: "" }, first))).toBe(true);
    expect(differsInWords(undefined, first)).toBe(true);
  });
});

describe("boundsOf", () => {
  test("takes what the spec says and the defaults for the rest", () => {
    expect(boundsOf({ metadata: { name: "weir" }, spec: { gatewayCapacity: 5 } })).toEqual({
      ...bounds,
      gatewayCapacity: 5,
    });
  });

  test("takes the defaults where there is no platform, or one that says nonsense", () => {
    expect(boundsOf(undefined)).toEqual(bounds);
    expect(boundsOf({ metadata: { name: "weir" }, spec: { gatewayCapacity: "many" } })).toEqual(bounds);
  });
});

describe("transitionEvents", () => {
  const source = {
    namespace: "chat",
    instance: "weir-controller-1_x",
    now: "2030-01-01T00:00:00.000000Z",
    newId: () => "1",
  };

  test("tells of a condition once, when it changes, and in which sense", () => {
    const before = platform(statusFor(seen));
    const bad = judge({ ...seen, storeReachable: false }, bounds);
    const [event, ...others] = transitionEvents(before, bad, source);
    expect(others).toEqual([]);
    expect(event).toMatchObject({ type: "Warning", reason: "StoreSilent", regarding: { name: "weir", uid: "u-1" } });
    const after = platform(statusFor({ ...seen, storeReachable: false }));
    expect(transitionEvents(after, bad, source)).toEqual([]);
    expect(transitionEvents(after, judge(seen, bounds), source)[0]).toMatchObject({ type: "Normal" });
  });

  test("tells nothing of a platform that had no status yet", () => {
    expect(transitionEvents(platform(), judge(seen, bounds), source)).toEqual([]);
  });
});
