import { describe, expect, test } from "vitest";
import type { PolicyDocument } from "../../../src/chat/room-policy.ts";
import { conditionsIn } from "../../../src/controller/platform/condition-list.ts";
import { PolicyReconciler } from "../../../src/controller/policy-reconciler.ts";
import type { KubeObject } from "../../../src/controller/ports/kube.ts";
import { ManualClock } from "../../../src/kernel/manual-clock.ts";
import { silentLogger } from "../../../src/telemetry/logger.ts";

interface Rig {
  readonly reconciler: PolicyReconciler;
  readonly published: PolicyDocument[];
  /** Statuses as written, by name of the policy; each write is also in the view. */
  readonly written: [string, Readonly<Record<string, unknown>>][];
  readonly objects: Map<string, KubeObject>;
  publishes: boolean;
  seen: boolean;
  /** Revisions that the gateways apply. */
  fleet: readonly number[];
}

function asObject(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

function policy(name: string, spec: object): KubeObject {
  return { metadata: { name, generation: 2, creationTimestamp: "2030-01-01T00:00:00Z" }, spec };
}

function rig(...resources: readonly KubeObject[]): Rig {
  const objects = new Map(resources.map((object) => [object.metadata.name, object]));
  const published: PolicyDocument[] = [];
  const written: Rig["written"] = [];
  const state = { publishes: true, seen: true, fleet: [7, 8] };
  const reconciler = new PolicyReconciler({
    api: {
      apply: (_resource, object) => {
        const status: Readonly<Record<string, unknown>> = { ...asObject(object["status"]) };
        written.push([object.metadata.name, status]);
        const before = objects.get(object.metadata.name) ?? object;
        objects.set(object.metadata.name, { ...before, status });
        return Promise.resolve(object);
      },
    },
    namespace: "chat",
    policies: { objects: () => (state.seen ? [...objects.values()] : undefined), ageMs: () => 0, onChange: () => {} },
    publisher: {
      publish: (document) => {
        if (!state.publishes) return Promise.reject(new Error("Redis is away"));
        published.push(document);
        return Promise.resolve(7);
      },
    },
    fleet: {
      loads: () =>
        Promise.resolve(state.fleet.map((policies, i) => ({ gateway: `gw-${i}_1`, connections: 1, policies }))),
    },
    rooms: { activeRooms: () => Promise.resolve(["team:1", "team:2", "lobby"]) },
    clock: new ManualClock(),
    logger: silentLogger,
  });
  return Object.assign(state, { reconciler, published, written, objects });
}

const go = (at: Rig): Promise<boolean> => at.reconciler.reconcile(new AbortController().signal);

function conditionOf({ objects }: Rig, name: string, type: string): unknown {
  return conditionsIn(objects.get(name)?.["status"]).find((one) => one.type === type);
}

describe("PolicyReconciler", () => {
  test("publishes what the policies say together, and tells each what became of it", async () => {
    const at = rig(policy("calm", { rooms: ["team:*"], slowModeSeconds: 5 }), policy("broken", { rooms: [] }));
    await go(at);
    expect(at.published).toEqual([{ rules: [{ room: "team:*", policy: "calm", settings: { slowModeSeconds: 5 } }] }]);
    expect(at.objects.get("calm")?.["status"]).toMatchObject({ observedGeneration: 2, revision: "7", matchedRooms: 2 });
    expect(conditionOf(at, "calm", "InForce")).toMatchObject({ status: "True", observedGeneration: 2 });
    expect(conditionOf(at, "broken", "Accepted")).toMatchObject({ status: "False", reason: "Invalid" });
    expect(conditionOf(at, "broken", "InForce")).toMatchObject({ status: "False", reason: "NotAccepted" });
  });

  test("publishes again and again, and writes a status only when it says something new", async () => {
    const at = rig(policy("calm", { rooms: ["team:*"], slowModeSeconds: 5 }));
    await go(at);
    await go(at);
    expect(at.published).toHaveLength(2);
    expect(at.written).toHaveLength(1);
  });

  test("publishes nothing while it has not seen the policies: that would end all of them", async () => {
    const at = rig(policy("calm", { rooms: ["team:*"], slowModeSeconds: 5 }));
    at.seen = false;
    await go(at);
    expect(at.published).toEqual([]);
  });

  test("publishes the empty document when the last policy has gone", async () => {
    const at = rig();
    await go(at);
    expect(at.published).toEqual([{ rules: [] }]);
  });

  test("says that it does not know whether a policy is in force that it could not publish, and that there is work left", async () => {
    const at = rig(policy("calm", { rooms: ["team:*"], slowModeSeconds: 5 }));
    at.publishes = false;
    await expect(go(at)).rejects.toThrow("Redis is away");
    expect(conditionOf(at, "calm", "Accepted")).toMatchObject({ status: "True" });
    expect(conditionOf(at, "calm", "InForce")).toMatchObject({ status: "Unknown", reason: "NotPublished" });
  });

  test("says that a policy is in force once every gateway has said that it applies it", async () => {
    const at = rig(policy("calm", { rooms: ["team:*"], slowModeSeconds: 5 }));
    at.fleet = [7, 6];
    expect(await go(at)).toBe(false);
    expect(conditionOf(at, "calm", "InForce")).toMatchObject({ status: "False", reason: "Spreading" });
    at.fleet = [7, 7];
    expect(await go(at)).toBe(true);
    expect(conditionOf(at, "calm", "InForce")).toMatchObject({ status: "True", reason: "Applied" });
  });

  test("does not publish in a term that is over", async () => {
    const at = rig(policy("calm", { rooms: ["team:*"], slowModeSeconds: 5 }));
    await at.reconciler.reconcile(AbortSignal.abort());
    expect(at.published).toEqual([]);
    expect(at.written).toEqual([]);
  });
});
