import { describe, expect, test } from "vitest";
import { conditionsIn } from "../../../src/controller/platform/condition-list.ts";
import { deletionCostAnnotation } from "../../../src/controller/platform/gateway-pod.ts";
import { until } from "../../harness/until.ts";
import { events, fieldsOf, pods, policies, type Rig, startRig } from "./controller-rig.ts";

const polled = { every: 50, within: 45_000 } as const;

/** Says again and again what gateways hold, as they do themselves; returns what ends it. */
function keepReporting(rig: Rig, held: Readonly<Record<string, number>>): () => void {
  const say = async (): Promise<void> => {
    await Promise.all(Object.entries(held).map(([pod, connections]) => rig.report(pod, connections))).catch(() => {});
  };
  void say();
  const timer = setInterval(() => void say(), 500);
  return () => clearInterval(timer);
}

/** A rig with three gateway pods, for one test. */
async function startPlatform(): Promise<Rig> {
  const rig = await startRig();
  for (const name of ["gw-a", "gw-b", "gw-c"]) rig.addPod(name);
  return rig;
}

// Each test has a rig of its own and mostly waits for the intervals of the controller.
describe.concurrent("weir controller", () => {
  test("says what it sees, marks the emptiest gateway as the first to go, and hands over when it is told to stop", async () => {
    await using rig = await startPlatform();
    let stop = keepReporting(rig, { "gw-a": 300, "gw-b": 10, "gw-c": 310 });
    const first = await rig.startController("controller-1");
    await until(() => rig.status()["connections"] === 620, polled);
    expect(rig.condition("Available")).toBe("True: GatewayReady");
    expect(rig.condition("LeaderElected")).toBe("False: NoLeader");
    expect(rig.condition("StoreReachable")).toBe("False: StoreSilent");
    expect(rig.status()["leaders"]).toMatchObject({ controller: "controller-1" });
    expect(rig.status()["observedGeneration"]).toBe(rig.platform().metadata.generation);
    await until(() => rig.costOf("gw-b") === "0" && rig.costOf("gw-a") === "10" && rig.costOf("gw-c") === "10", polled);

    const second = await rig.startController("controller-2");
    await second.metric("weir_leader").then((value) => expect(value).toBe(0));
    expect(await first.terminate()).toBe(0);
    stop();
    stop = keepReporting(rig, { "gw-a": 5, "gw-b": 100, "gw-c": 310 });
    await until(() => fieldsOf(rig.status()["leaders"])["controller"] === "controller-2", polled);
    await until(() => rig.costOf("gw-a") === "0" && rig.costOf("gw-b") === "10" && rig.costOf("gw-c") === "20", polled);
    stop();
    await second.terminate();
  });

  test("stands down where another marks pods, and takes back its own marks", async () => {
    await using rig = await startPlatform();
    const stop = keepReporting(rig, { "gw-a": 5, "gw-b": 100, "gw-c": 310 });
    const controller = await rig.startController("controller-3");
    await until(() => rig.condition("DeletionCostConflict") === "False: NoConflict", polled);
    const foreign = { name: "gw-b", annotations: { [deletionCostAnnotation]: "7" } };
    rig.kube.store.apply(pods, { metadata: foreign }, { fieldManager: "another", force: true });
    await until(() => rig.condition("DeletionCostConflict") === "True: OwnedByOthers", polled);
    await until(() => rig.costOf("gw-a") === undefined && rig.costOf("gw-c") === undefined, polled);
    expect(rig.costOf("gw-b")).toBe("7");
    const told = (): unknown[] => rig.kube.store.list(events).items.map((event) => event["reason"]);
    await until(() => told().includes("OwnedByOthers"), polled);
    stop();
    await controller.terminate();
  });

  test("says that it does not know while Redis is away, and keeps on", async () => {
    await using rig = await startPlatform();
    const stop = keepReporting(rig, { "gw-a": 5, "gw-b": 100, "gw-c": 310 });
    const controller = await rig.startController("controller-4");
    await until(() => rig.condition("BacklogHealthy") === "True: KeepsUp", polled);
    await rig.redis.stop();
    await until(() => rig.condition("BacklogHealthy") === "Unknown: LogNotReachable", polled);
    await until(() => rig.condition("CapacityHeadroom") === "Unknown: CountUnknown", { every: 50, within: 30_000 });
    expect(rig.condition("Available")).toBe("True: GatewayReady");
    await rig.redis.restart();
    await until(() => rig.condition("BacklogHealthy") === "True: KeepsUp", polled);
    expect(await controller.isReady()).toBe(true);
    stop();
    await controller.terminate();
  });

  test("publishes what policies say, and says that they hold once every gateway does; they hold on when it is gone", async () => {
    await using rig = await startPlatform();
    await using gateway = await rig.startGateway("gw-a");
    const controller = await rig.startController("controller-5");
    const spec = { rooms: ["team:*"], slowModeSeconds: 5 };
    rig.kube.store.create(policies, { metadata: { name: "calm" }, spec });
    const inForce = (): string | undefined => {
      const { status } = rig.kube.store.get(policies, "calm");
      return conditionsIn(status).find(({ type }) => type === "InForce")?.reason;
    };
    await until(() => inForce() === "Applied", { every: 50, within: 60_000 });
    const revision = await gateway.metric("weir_policy_revision");
    expect(revision).toBe((await rig.log.policies.read(0))?.revision);
    await controller.kill();
    expect((await rig.log.policies.read(0))?.document.rules).toEqual([
      { room: "team:*", policy: "calm", settings: { slowModeSeconds: 5 } },
    ]);
    expect(await gateway.metric("weir_policy_revision")).toBe(revision);
  });
});
