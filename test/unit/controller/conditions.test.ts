import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type ConditionType,
  conditionTypes,
  type Judgement,
  judge,
  stateOf,
} from "../../../src/controller/platform/conditions.ts";
import type { GatewayPod } from "../../../src/controller/platform/gateway-pod.ts";
import { defaultBounds, type Observation } from "../../../src/controller/platform/observation.ts";
import { type Pending, settle } from "../../../src/controller/platform/settle.ts";

const bounds = { ...defaultBounds, gatewayCapacity: 100 };

function pod(connections: number | undefined, phase: GatewayPod["phase"] = "ready"): GatewayPod {
  return { name: "gw", labels: {}, phase, connections, deletionCost: undefined };
}

const healthy: Observation = {
  pods: [pod(40), pod(42)],
  backlog: { entries: 3, oldestAgeMs: 200 },
  storeReachable: true,
  flusher: "weir-flusher-1",
  costConflict: undefined,
};

function verdict(type: ConditionType, change: Partial<Observation>): Pick<Judgement, "status" | "reason"> | undefined {
  const found = judge({ ...healthy, ...change }, bounds).find((one) => one.type === type);
  return found === undefined ? undefined : { status: found.status, reason: found.reason };
}

describe("judge", () => {
  test("says Healthy of a platform where nothing is wrong", () => {
    expect(stateOf(judge(healthy, bounds))).toBe("Healthy");
  });

  test.each<[ConditionType, Partial<Observation>, Judgement["status"], string]>([
    ["Available", { pods: [pod(1, "starting")] }, "False", "NoGatewayReady"],
    ["Available", { pods: [] }, "False", "NoGatewayReady"],
    ["Available", { pods: undefined }, "Unknown", "ClusterNotSeen"],
    ["Available", { pods: [pod(1), pod(undefined, "unready")] }, "True", "GatewayReady"],
    ["Balanced", { pods: [pod(90), pod(10)] }, "False", "Uneven"],
    ["Balanced", { pods: [pod(4), pod(0)] }, "True", "TooFewToTell"],
    ["Balanced", { pods: [pod(150), pod(50)] }, "True", "Even"],
    ["Balanced", { pods: [pod(151), pod(49)] }, "False", "Uneven"],
    ["Balanced", { pods: [pod(90), pod(undefined)] }, "Unknown", "CountUnknown"],
    ["Balanced", { pods: [pod(90)] }, "True", "NothingToBalance"],
    ["Balanced", { pods: [pod(50), pod(48), pod(0, "starting"), pod(3, "leaving")] }, "True", "Even"],
    ["BacklogHealthy", { backlog: { entries: 1, oldestAgeMs: 30_001 } }, "False", "TooOld"],
    ["BacklogHealthy", { backlog: { entries: 100_001, oldestAgeMs: 10 } }, "False", "TooLong"],
    ["BacklogHealthy", { backlog: { entries: 100_000, oldestAgeMs: 30_000 } }, "True", "KeepsUp"],
    ["BacklogHealthy", { backlog: undefined }, "Unknown", "LogNotReachable"],
    ["LeaderElected", { flusher: "" }, "False", "NoLeader"],
    ["LeaderElected", { flusher: undefined }, "Unknown", "LeaseNotReachable"],
    ["StoreReachable", { storeReachable: false }, "False", "StoreSilent"],
    ["CapacityHeadroom", { pods: [pod(81), pod(80)] }, "False", "Full"],
    ["CapacityHeadroom", { pods: [pod(80), pod(80)] }, "True", "Enough"],
    ["CapacityHeadroom", { pods: [pod(80), pod(undefined)] }, "Unknown", "CountUnknown"],
    ["CapacityHeadroom", { pods: [] }, "False", "NoGatewayReady"],
    ["Draining", { pods: [pod(1), pod(1, "leaving")] }, "True", "GatewaysLeaving"],
    ["Draining", {}, "False", "NoneLeaving"],
    ["DeletionCostConflict", { costConflict: "conflict with kubectl" }, "True", "OwnedByOthers"],
  ])("%s of %j is %s: %s", (type, change, status, reason) => {
    expect(verdict(type, change)).toEqual({ status, reason });
  });

  test("never calls good what it could not see", () => {
    const unseen: Observation = {
      pods: undefined,
      backlog: undefined,
      storeReachable: false,
      flusher: undefined,
      costConflict: undefined,
    };
    const judged = judge(unseen, bounds).filter(({ type }) => type !== "DeletionCostConflict");
    const store = judged.find(({ type }) => type === "StoreReachable");
    expect(store?.status).toBe("False");
    expect(new Set(judged.filter((one) => one !== store).map(({ status }) => status))).toEqual(new Set(["Unknown"]));
  });

  test("a gateway that does not say what it holds is never counted as one that holds nothing", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(100), { minLength: 1, maxLength: 8 }), (counts) => {
        const pods = [...counts.map((count) => pod(count)), pod(undefined)];
        expect(verdict("CapacityHeadroom", { pods })?.status).toBe("Unknown");
        expect(verdict("Balanced", { pods })?.status).toBe("Unknown");
      }),
    );
  });

  test("names in its state what is not as one wishes, and each reason once", () => {
    const pods = [pod(undefined), pod(undefined)];
    expect(stateOf(judge({ ...healthy, pods, flusher: "" }, bounds))).toBe("CountUnknown,NoLeader");
    expect(stateOf(judge({ ...healthy, pods: [pod(1), pod(1, "leaving")] }, bounds))).toBe("Draining");
  });

  test("judges every condition once, whatever is seen", () => {
    expect(judge(healthy, bounds).map(({ type }) => type)).toEqual(conditionTypes);
  });
});

describe("settle", () => {
  const even = judge(healthy, bounds);
  const uneven = judge({ ...healthy, pods: [pod(90), pod(10)] }, bounds);
  const hold = { Balanced: 30_000 };
  const nothing: Pending = new Map();

  function balancedIn(judgements: readonly Judgement[]): string | undefined {
    return judgements.find(({ type }) => type === "Balanced")?.status;
  }

  test("tells a turn for the worse of what swings by nature only once it has lasted", () => {
    const first = settle({ told: even, judged: uneven, pending: nothing, hold, now: 0 });
    expect(balancedIn(first.judgements)).toBe("True");
    const later = settle({ told: even, judged: uneven, pending: first.pending, hold, now: 30_000 });
    expect(balancedIn(later.judgements)).toBe("False");
  });

  test("begins to count anew when it swung back in between", () => {
    const first = settle({ told: even, judged: uneven, pending: nothing, hold, now: 0 });
    const back = settle({ told: even, judged: even, pending: first.pending, hold, now: 20_000 });
    const again = settle({ told: even, judged: uneven, pending: back.pending, hold, now: 31_000 });
    expect(balancedIn(again.judgements)).toBe("True");
  });

  test("begins to count anew when a False that was not told yet becomes Unknown", () => {
    const unknown = even.map((one) => (one.type === "Balanced" ? { ...one, status: "Unknown" as const } : one));
    const first = settle({ told: even, judged: uneven, pending: nothing, hold, now: 0 });
    const second = settle({ told: even, judged: unknown, pending: first.pending, hold, now: 20_000 });
    const third = settle({ told: even, judged: unknown, pending: second.pending, hold, now: 49_999 });
    expect([second, third].map(({ judgements }) => balancedIn(judgements))).toEqual(["True", "True"]);
    const last = settle({ told: even, judged: unknown, pending: third.pending, hold, now: 50_000 });
    expect(balancedIn(last.judgements)).toBe("Unknown");
  });

  test("tells at once that all is well again", () => {
    expect(balancedIn(settle({ told: uneven, judged: even, pending: nothing, hold, now: 0 }).judgements)).toBe("True");
  });

  test("tells at once what was never told, and what has no hold", () => {
    expect(settle({ told: [], judged: uneven, pending: nothing, hold, now: 0 }).judgements).toEqual(uneven);
    const silent = judge({ ...healthy, storeReachable: false }, bounds);
    expect(settle({ told: even, judged: silent, pending: nothing, hold, now: 0 }).judgements).toEqual(silent);
  });
});
