import { afterAll, beforeAll, expect, test } from "vitest";
import { MemoryLease } from "../../src/adapters/memory/memory-lease.ts";
import { compileSettings, type RawSettings } from "../../src/config/index.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { flusherTiming } from "../../src/leadership/index.ts";
import { type Candidacy, createCandidate, isElectedInKubernetes } from "../../src/roles/candidacy.ts";
import { createRuntime } from "../../src/roles/runtime.ts";
import { type FakeKubeApi, startFakeKubeApi } from "../harness/fake-kube-api.ts";
import { until } from "../harness/until.ts";

const leases = { group: "coordination.k8s.io", version: "v1", plural: "leases" };
const stores = { redisUrl: "redis://localhost", mongodbUrl: "mongodb://localhost/weir", logLevel: "silent" };

let kube: FakeKubeApi;
beforeAll(async () => {
  kube = await startFakeKubeApi();
});
afterAll(() => kube[Symbol.asyncDispose]());

/** Leads until it is told to stop. */
const lead = (_token: number, signal: AbortSignal): Promise<void> => systemClock.sleep(600_000, signal);

async function leadWith(
  raw: RawSettings,
  redisLease: MemoryLease,
  work: (identity: string) => Promise<void>,
): Promise<void> {
  const runtime = createRuntime("flusher", compileSettings({ ...stores, ...raw }, "flusher"));
  const candidacy: Candidacy = { work: "flusher", led: { lead }, timing: flusherTiming, redisLease: () => redisLease };
  const service = await createCandidate(runtime, candidacy);
  await service.start();
  try {
    await work(runtime.identity);
  } finally {
    await service.stop();
  }
}

test.each<[RawSettings, boolean]>([
  [{}, false],
  [{ namespace: "chat" }, false],
  [{ kubeconfig: "/some/file" }, false],
  [{ kubeconfig: "/some/file", namespace: "chat" }, true],
  [{ kubeconfig: "/some/file", leaseNamespace: "chat" }, true],
  [{ kubeconfig: "/some/file", namespace: "chat", leaderElection: "redis" }, false],
  [{ leaderElection: "kubernetes" }, true],
])("with %o, Kubernetes decides who leads: %s", (raw, decides) => {
  expect(isElectedInKubernetes(compileSettings({ ...stores, ...raw }, "flusher"))).toBe(decides);
});

test("elected in Kubernetes, it holds a Lease in its pod's name, gives it back at the end, and Redis knows of nothing", async () => {
  const redisLease = new MemoryLease();
  const raw = { kubeconfig: kube.kubeconfig, namespace: "prod", podName: "weir-flusher-0", leaseName: "shop-flusher" };
  const resource = { ...leases, namespace: "prod" };
  const isHeldBy = (holder: RegExp): void =>
    expect(kube.store.get(resource, "shop-flusher")["spec"]).toHaveProperty(
      "holderIdentity",
      expect.stringMatching(holder),
    );
  await leadWith(raw, redisLease, async () => {
    await until(() => (isHeldBy(/^weir-flusher-0_/), true));
  });
  isHeldBy(/^$/);
  expect(await redisLease.read()).toBeUndefined();
});

test("told to take Kubernetes and given no namespace, it takes that of the kubeconfig, and a name of its own", async () => {
  await leadWith({ kubeconfig: kube.kubeconfig, leaderElection: "kubernetes" }, new MemoryLease(), async () => {
    await until(() => kube.store.get({ ...leases, namespace: "chat" }, "weir-flusher"));
  });
});

test("elected in Redis, it holds the record there, under the name that the process has everywhere", async () => {
  const redisLease = new MemoryLease();
  await leadWith({ podName: "one" }, redisLease, async (identity) => {
    expect(identity).toMatch(/^one_/);
    await until(async () => (await redisLease.read())?.holder === identity);
  });
});

test.each([
  [{ kubeconfig: "/no/such/file" }, "/no/such/file"],
  [{}, "set WEIR_KUBECONFIG"],
])("told to take Kubernetes where it can't be found (%o), it says so", async (raw, words) => {
  const settings = compileSettings({ ...stores, ...raw, leaderElection: "kubernetes" }, "flusher");
  const candidacy: Candidacy = {
    work: "flusher",
    led: { lead },
    timing: flusherTiming,
    redisLease: () => new MemoryLease(),
  };
  await expect(createCandidate(createRuntime("flusher", settings), candidacy)).rejects.toThrow(words);
});
