import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createKubeClient } from "../../src/adapters/kubernetes/kube-client.ts";
import { KubeLease } from "../../src/adapters/kubernetes/kube-lease.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type FakeKubeApi, startFakeKubeApi } from "../harness/fake-kube-api.ts";
import { leaseContract } from "./lease.contract.ts";

let kube: FakeKubeApi;
beforeAll(async () => {
  kube = await startFakeKubeApi();
});
afterAll(() => kube[Symbol.asyncDispose]());

const leases = { group: "coordination.k8s.io", version: "v1", plural: "leases", namespace: "chat" };

/** Shows people when terms began; plays no part otherwise. */
let wall = Date.UTC(2026, 10, 24, 12);

interface ClientLease {
  readonly lease: KubeLease;
  readonly close: () => void;
}

function clientLease(name: string): ClientLease {
  const clock = { ...systemClock, now: () => wall };
  const api = createKubeClient({ kubeconfig: kube.kubeconfig, clock, callTimeoutMs: 2_000 });
  return { lease: new KubeLease({ api, namespace: "chat", name, clock }), close: () => api.close() };
}

leaseContract("the lease in Kubernetes", () => {
  const name = `flusher-${randomUUID()}`;
  const [ours, theirs] = [clientLease(name), clientLease(name)];
  const close = async (): Promise<void> => [ours, theirs].forEach((one) => one.close());
  return Promise.resolve({ ours: ours.lease, theirs: theirs.lease, close });
});

async function withLease(work: (lease: KubeLease, name: string) => Promise<void>): Promise<void> {
  const name = `flusher-${randomUUID()}`;
  const { lease, close } = clientLease(name);
  try {
    await work(lease, name);
  } finally {
    close();
  }
}

test("shows other clients of Kubernetes the holder, the term, its start and its last renewal", async () => {
  await withLease(async (lease, name) => {
    const spec = (): unknown => kube.store.get(leases, name)["spec"];
    const first = await lease.write({ holder: "pod-a", durationMs: 6_000, transitions: 4 }, undefined);
    const shown = { holderIdentity: "pod-a", leaseDurationSeconds: 6, leaseTransitions: 4 };
    expect(spec()).toEqual({
      ...shown,
      acquireTime: "2026-11-24T12:00:00.000001Z",
      renewTime: "2026-11-24T12:00:00.000001Z",
    });
    wall += 2_000;
    const second = await lease.write({ holder: "pod-a", durationMs: 6_000, transitions: 4 }, first?.version);
    expect(spec()).toEqual({
      ...shown,
      acquireTime: "2026-11-24T12:00:00.000001Z",
      renewTime: "2026-11-24T12:00:02.000002Z",
    });
    await lease.write({ holder: "", durationMs: 1, transitions: 4 }, second?.version);
    expect(spec()).toMatchObject({ holderIdentity: "", leaseDurationSeconds: 1, leaseTransitions: 4 });
  });
});

test("a renewal does not bring back a lease that was deleted", async () => {
  await withLease(async (lease, name) => {
    const mine = await lease.write({ holder: "a", durationMs: 6_000, transitions: 1 }, undefined);
    kube.store.remove(leases, name);
    expect(await lease.write({ holder: "a", durationMs: 6_000, transitions: 1 }, mine?.version)).toBeUndefined();
    expect(await lease.read()).toBeUndefined();
  });
});

test("a lease that something else made is nobody's, and keeps its labels", async () => {
  await withLease(async (lease, name) => {
    kube.store.create(leases, { metadata: { name, labels: { team: "chat" } }, spec: {} });
    const found = await lease.read();
    expect(found).toMatchObject({ holder: "", transitions: 0 });
    await lease.write({ holder: "a", durationMs: 6_000, transitions: 1 }, found?.version);
    expect(kube.store.get(leases, name).metadata.labels).toEqual({ team: "chat" });
  });
});
