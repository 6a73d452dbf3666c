import { conditionsIn } from "../../../src/controller/platform/condition-list.ts";
import { deletionCostAnnotation } from "../../../src/controller/platform/gateway-pod.ts";
import { platformsIn } from "../../../src/controller/platform/platform-resource.ts";
import { policiesIn } from "../../../src/controller/policy-reconciler.ts";
import type { KubeObject, KubeResource } from "../../../src/controller/ports/kube.ts";
import { testSecret } from "../../harness/deployment.ts";
import { type FakeKubeApi, startFakeKubeApi } from "../../harness/fake-kube-api.ts";
import { freePort } from "../../harness/free-port.ts";
import { testRedisLog } from "../../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../../harness/redis-server.ts";
import { WeirProcess } from "../../harness/weir-process.ts";

export const pods: KubeResource = { group: "", version: "v1", plural: "pods", namespace: "chat" };
export const events: KubeResource = { group: "events.k8s.io", version: "v1", plural: "events", namespace: "chat" };
export const policies = policiesIn("chat");
const platforms = platformsIn("chat");

/** A cluster of the test's own, with the Redis of the deployment in it. */
export interface Rig extends AsyncDisposable {
  readonly kube: FakeKubeApi;
  readonly redis: RedisServer;
  /** What gateways say in Redis, and read there. */
  readonly log: ReturnType<typeof testRedisLog>;
  startController(name: string, env?: Readonly<Record<string, string>>): Promise<WeirProcess>;
  /** A gateway that runs in this pod. */
  startGateway(pod: string): Promise<WeirProcess>;
  /** Puts a gateway pod there, which is ready. */
  addPod(name: string, change?: { readonly ready?: boolean }): void;
  removePod(name: string): void;
  /** Says what a gateway holds, once. */
  report(pod: string, connections: number): Promise<void>;
  costOf(pod: string): string | undefined;
  platform(): KubeObject;
  status(): Readonly<Record<string, unknown>>;
  /** `True: Reason` of a condition. */
  condition(type: string): string | undefined;
}

export function fieldsOf(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}

export async function startRig(): Promise<Rig> {
  const [kube, redis] = await Promise.all([startFakeKubeApi(), startRedisServer()]);
  const log = testRedisLog({ url: redis.url, prefix: "weir:" });
  await log.start();
  kube.store.create(platforms, {
    apiVersion: "weir.chat/v1alpha1",
    kind: "ChatPlatform",
    metadata: { name: "weir" },
    spec: { gatewayCapacity: 1_000 },
  });
  const controllers: WeirProcess[] = [];
  const stores = { WEIR_REDIS_URL: redis.url, WEIR_MONGODB_URL: `mongodb://127.0.0.1:${await freePort()}/weir` };
  const platform = (): KubeObject => kube.store.get(platforms, "weir");
  const status = (): Record<string, unknown> => fieldsOf(platform()["status"]);
  return {
    kube,
    redis,
    log,
    startController: async (name, env = {}) => {
      const common = {
        ...stores,
        WEIR_KUBECONFIG: kube.kubeconfig,
        WEIR_NAMESPACE: "chat",
        WEIR_PARTITIONS: "1",
        WEIR_POD_NAME: name,
        WEIR_DRAIN_WINDOW: "0s",
        WEIR_GATEWAY_SELECTOR: "app=weir",
      };
      const started = await WeirProcess.start({ role: "controller", env: { ...common, ...env } });
      controllers.push(started);
      return started;
    },
    startGateway: (pod) =>
      WeirProcess.start({
        role: "gateway",
        env: { ...stores, WEIR_PARTITIONS: "1", WEIR_POD_NAME: pod, WEIR_JWT_SECRET: testSecret },
      }),
    addPod: (name, { ready = true } = {}) =>
      void kube.store.create(pods, {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, labels: { app: "weir" } },
        status: { phase: "Running", conditions: [{ type: "Ready", status: ready ? "True" : "False" }] },
      }),
    removePod: (name) => kube.store.remove(pods, name),
    report: async (pod, connections) => void (await log.fleet(60_000).report({ gateway: `${pod}_1`, connections })),
    costOf: (pod) => kube.store.get(pods, pod).metadata.annotations?.[deletionCostAnnotation],
    platform,
    status,
    condition: (type) => {
      const found = conditionsIn(status()).find((one) => one.type === type);
      return found === undefined ? undefined : `${found.status}: ${found.reason}`;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all(controllers.map((one) => one.kill()));
      await log.stop();
      await Promise.all([redis.close(), kube[Symbol.asyncDispose]()]);
    },
  };
}
