import { afterEach, beforeEach, expect, test } from "vitest";
import { createKubeClient, type KubeClient } from "../../src/adapters/kubernetes/kube-client.ts";
import type { KubeEvent } from "../../src/controller/ports/kube.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { ManualClock } from "../../src/kernel/manual-clock.ts";
import { type FakeKubeApi, startFakeKubeApi } from "../harness/fake-kube-api.ts";
import { until } from "../harness/until.ts";

const policies = { group: "weir.chat", version: "v1alpha1", plural: "chatroompolicies", namespace: "chat" };
const policy = (name: string, spec: object = {}) => ({ metadata: { name }, spec });

let kube: FakeKubeApi;
let client: KubeClient;
beforeEach(async () => {
  kube = await startFakeKubeApi();
  client = createKubeClient({ kubeconfig: kube.kubeconfig, clock: systemClock, callTimeoutMs: 1_000 });
});
afterEach(async () => {
  client.close();
  await kube[Symbol.asyncDispose]();
});

test("many calls go over one connection", async () => {
  for (let i = 0; i < 50; i++) await client.list(policies);
  expect(kube.connections).toBe(1);
});

test("a call that is not answered ends at its deadline, with its connection, and the next one opens another", async () => {
  await client.list(policies);
  kube.fault = () => "hang";
  await expect(client.list(policies)).rejects.toMatchObject({ reason: "unreachable" });
  kube.fault = () => undefined;
  await client.list(policies);
  expect(kube.connections).toBe(2);
});

test.each([
  [400, "invalid"],
  [403, "forbidden"],
  [404, "not-found"],
  [409, "conflict"],
  [410, "gone"],
  [422, "invalid"],
  [429, "unreachable"],
  [500, "unreachable"],
])("a refusal with %i is %s, in the words of the server", async (status, reason) => {
  kube.fault = () => ({ status, message: "because it is so" });
  await expect(client.get(policies, "one")).rejects.toMatchObject({
    reason,
    message: `because it is so (${status})`,
  });
});

test("a server that is not there is unreachable", async () => {
  await kube[Symbol.asyncDispose]();
  await expect(client.get(policies, "one")).rejects.toMatchObject({ reason: "unreachable" });
  kube = await startFakeKubeApi();
});

test("objects are created once, replaced at their version only, listed by label, and removed", async () => {
  const made = await client.create(policies, { metadata: { name: "one", labels: { team: "a" } }, spec: { rate: 1 } });
  await expect(client.create(policies, policy("one"))).rejects.toMatchObject({ reason: "conflict" });
  const changed = await client.replace(policies, { ...made, spec: { rate: 2 } });
  await expect(client.replace(policies, { ...made, spec: { rate: 3 } })).rejects.toMatchObject({ reason: "conflict" });
  await client.create(policies, policy("two"));
  expect((await client.list(policies, { labelSelector: "team=a" })).items).toEqual([changed]);
  await client.remove(policies, "one");
  await expect(client.get(policies, "one")).rejects.toMatchObject({ reason: "not-found" });
});

test("fields that another manager applied are left to it, unless by force", async () => {
  await client.apply(policies, policy("one", { rate: 1 }), { fieldManager: "theirs", force: false });
  const ours = { fieldManager: "ours", force: false };
  await expect(client.apply(policies, policy("one", { rate: 2 }), ours)).rejects.toMatchObject({ reason: "conflict" });
  const added = await client.apply(policies, policy("one", { size: 5 }), ours);
  expect(added["spec"]).toEqual({ rate: 1, size: 5 });
  const taken = await client.apply(policies, policy("one", { rate: 2 }), { fieldManager: "ours", force: true });
  expect(taken["spec"]).toEqual({ rate: 2 });
});

test("a status is applied beside the spec", async () => {
  await client.create(policies, policy("one", { rate: 1 }));
  const status = { ...policy("one", { rate: 9 }), status: { matches: 3 } };
  const written = await client.apply(policies, status, { fieldManager: "ours", force: true, subresource: "status" });
  expect(written).toMatchObject({ spec: { rate: 1 }, status: { matches: 3 }, metadata: { generation: 1 } });
});

interface Watched {
  readonly events: KubeEvent[];
  readonly ended: Promise<unknown>;
  readonly stop: () => void;
}

function watchFrom(resourceVersion: string, through: KubeClient = client): Watched {
  const stopping = new AbortController();
  const events: KubeEvent[] = [];
  const follow = async (): Promise<void> => {
    const options = { resourceVersion, signal: stopping.signal };
    for await (const event of through.watch(policies, options)) events.push(event);
  };
  return { events, ended: follow().catch((error: unknown) => error), stop: () => stopping.abort() };
}

test("a watch tells what happened after its version, and then what happens, until it is stopped", async () => {
  const { resourceVersion } = await client.list(policies);
  await client.create(policies, policy("one"));
  const { events, ended, stop } = watchFrom(resourceVersion);
  await until(() => events.length === 1);
  await client.apply(policies, policy("one", { rate: 2 }), { fieldManager: "ours", force: true });
  await client.remove(policies, "one");
  await until(() => events.length === 3);
  kube.store.bookmark();
  await until(() => events.length === 4);
  expect(events.map(({ type }) => type)).toEqual(["added", "modified", "deleted", "bookmark"]);
  expect(events[3]?.object.metadata.resourceVersion).toBe((await client.list(policies)).resourceVersion);
  stop();
  await ended;
  await until(() => kube.store.watchers === 0);
});

test("a watch ends when the server ends it, and says so when its version is too old, before or while it runs", async () => {
  const { resourceVersion } = await client.list(policies);
  const calm = watchFrom(resourceVersion);
  await until(() => kube.store.watchers === 1);
  kube.store.endWatches();
  expect(await calm.ended).toBeUndefined();
  const cut = watchFrom(resourceVersion);
  await until(() => kube.store.watchers === 1);
  kube.store.compact(true);
  expect(await cut.ended).toMatchObject({ reason: "gone" });
  expect(await watchFrom(resourceVersion).ended).toMatchObject({ reason: "gone" });
});

test("a watch on which nothing comes, not even a bookmark, is given up", async () => {
  const clock = new ManualClock();
  const patient = createKubeClient({ kubeconfig: kube.kubeconfig, clock, callTimeoutMs: 1_000 });
  const { events, ended } = watchFrom("200", patient);
  await until(() => kube.store.watchers === 1);
  kube.store.bookmark();
  await until(() => events.length === 1);
  await clock.advance(99_000);
  kube.store.bookmark();
  await until(() => events.length === 2);
  await clock.advance(99_000);
  expect(kube.store.watchers).toBe(1);
  await clock.advance(2_000);
  expect(await ended).toMatchObject({ reason: "unreachable" });
  await until(() => kube.store.watchers === 0);
  patient.close();
});

test("it knows the namespace of its context", () => {
  expect(client.namespace).toBe("chat");
});
