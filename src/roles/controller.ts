import { randomUUID } from "node:crypto";
import { createKubeClient, type KubeClient } from "../adapters/kubernetes/kube-client.ts";
import { KubeLease } from "../adapters/kubernetes/kube-lease.ts";
import { ResilientInformer } from "../adapters/kubernetes/resilient-informer.ts";
import { MongoConnection } from "../adapters/mongodb/mongo-client.ts";
import { createRedisControl } from "../adapters/redis/create-redis-control.ts";
import { ConfigError, type RawSettings } from "../config/index.ts";
import { createController } from "../controller/controller.ts";
import { DeletionCostWriter } from "../controller/deletion-cost/deletion-cost-writer.ts";
import { Loop } from "../controller/loop.ts";
import { LeaderWatch } from "../controller/platform/leader-watch.ts";
import type { Sources } from "../controller/platform/observer.ts";
import { PlatformReconciler } from "../controller/platform/platform-reconciler.ts";
import { PolicyReconciler, policiesIn } from "../controller/policy-reconciler.ts";
import type { ObjectView } from "../controller/ports/sources.ts";
import { fleetMemoryMs } from "../gateway/fleet.ts";
import { controllerTiming, Elector } from "../leadership/index.ts";
import type { Service } from "../lifecycle/service.ts";
import { DependencyWatch } from "../lifecycle/watch.ts";
import { customMetricsOf } from "./custom-metrics.ts";
import { judged } from "./judged.ts";
import { runRole } from "./run-role.ts";
import type { Runtime } from "./runtime.ts";

/** `weir controller`: looks after the deployment from within Kubernetes. */
export async function runController(raw: RawSettings): Promise<void> {
  await runRole("controller", raw, composeController);
}

/** Leaves time for a second try within the renew deadline of the lease. */
const callTimeoutMs = controllerTiming.renewDeadlineMs / 2;

async function composeController(runtime: Runtime): Promise<readonly Service[]> {
  const { settings, clock, readiness } = runtime;
  const { redisUrl = "", mongodbUrl = "", partitions } = settings;
  const api = createKubeClient({ kubeconfig: settings.kubeconfig, clock, callTimeoutMs });
  const namespace = settings.namespace ?? api.namespace;
  if (namespace === undefined) throw new ConfigError("WEIR_NAMESPACE is not set, and nothing else names a namespace");
  const redis = createRedisControl({ ...runtime, url: redisUrl, partitions, fleetMemoryMs });
  const store = judged("mongodbUrl", () => new MongoConnection({ url: mongodbUrl, clock }));
  const pods = new ResilientInformer({
    ...runtime,
    api,
    resource: { group: "", version: "v1", plural: "pods", namespace },
    labelSelector: settings.gatewaySelector,
  });
  const flusher = new LeaderWatch(redis.lease("flusher"), clock);
  const sources: Sources = { pods, fleet: redis, backlog: redis, store, flusher, clock };
  const policies = new ResilientInformer({ ...runtime, api, resource: policiesIn(namespace) });
  const reconciler = new PolicyReconciler({
    ...runtime,
    api,
    namespace,
    policies,
    publisher: redis.policies,
    rooms: redis,
    fleet: redis,
  });
  const loops = [platformLoop(runtime, { api, namespace, sources }), policyLoop(runtime, policies, reconciler)];
  const leases = { api, clock, namespace: settings.leaseNamespace ?? namespace, name: settings.leaseName };
  const elector = new Elector({
    ...runtime,
    lease: new KubeLease(leases),
    led: createController(loops),
    timing: controllerTiming,
  });
  const closes: Service = {
    name: "connections",
    start: () => Promise.resolve(),
    stop: async () => {
      api.close();
      await store.close();
    },
  };
  const kubernetes = { name: "kubernetes", ping: () => checkSeen(pods) };
  const watch = new DependencyWatch({ dependency: kubernetes, readiness, clock, failuresToObject: 1 });
  const served = customMetricsOf(runtime, { api, namespace, sources });
  return [closes, redis, pods, policies, watch, ...served, elector];
}

interface Cluster {
  readonly api: KubeClient;
  readonly namespace: string;
  readonly sources: Sources;
}

function platformLoop(runtime: Runtime, { api, namespace, sources }: Cluster): Loop {
  const { settings } = runtime;
  const reconciler = new PlatformReconciler({
    ...runtime,
    api,
    namespace,
    name: settings.platformName,
    sources,
    costs: new DeletionCostWriter({ ...runtime, api, namespace }),
    newId: randomUUID,
  });
  const step = (signal: AbortSignal): Promise<void> => reconciler.reconcile(signal);
  const loop = new Loop({ ...runtime, name: "platform", step, everyMs: 2_000, leastMs: 500 });
  sources.pods.onChange(() => loop.wake());
  return loop;
}

/** Until the next look at who applies what was published, where some do not yet, ms. */
const spreadingMs = 1_000;

/** Published again every few seconds, so that a Redis that lost them has them again soon. */
function policyLoop(runtime: Runtime, policies: ObjectView, reconciler: PolicyReconciler): Loop {
  const step = async (signal: AbortSignal): Promise<void> => {
    if (!(await reconciler.reconcile(signal))) runtime.clock.schedule(spreadingMs, () => loop.wake());
  };
  const loop: Loop = new Loop({ ...runtime, name: "policies", step, everyMs: 5_000, leastMs: 100 });
  policies.onChange(() => loop.wake());
  return loop;
}

/** A controller that has never seen the pods, or not for some minutes, can't answer for them. */
async function checkSeen(pods: ResilientInformer): Promise<void> {
  if (pods.objects() === undefined || pods.ageMs() > 300_000) throw new Error("the pods are not seen");
}
