import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ClusterAgent } from "../harness/cluster-client.ts";
import { kubectl } from "../harness/cluster-kubectl.ts";
import { Release } from "../harness/cluster-release.ts";
import { ingressUrl } from "../harness/cluster-settings.ts";
import { flushingPod, say } from "../harness/cluster-watch.ts";
import { until } from "../harness/until.ts";

let release: Release;
let agent: ClusterAgent;

beforeAll(async () => {
  release = await Release.install();
  agent = await release.agent();
  const { version, isStandIn } = await agent.store({ mongodbUrl: release.mongodbUrl });
  say(isStandIn ? `a stand-in speaks MongoDB's protocol here (it says that it is ${version})` : `MongoDB ${version}`);
});
afterAll(() => release?.[Symbol.asyncDispose]());

const texts = Array.from({ length: 10 }, (_, i) => `message ${i}`);

test("helm install with the defaults, in a namespace that enforces restricted pods: everything is ready", async () => {
  await release.ready("gateway", 2);
  await release.ready("flusher", 2);
  await release.ready("controller", 2);
  await release.ready("redis-demo", 1);
  await release.ready("mongodb-demo", 1);
  const level = await kubectl(["get", "namespace", release.namespace, "-o=jsonpath={.metadata.labels}"]);
  expect(level).toContain('"pod-security.kubernetes.io/enforce":"restricted"');
});

test("helm test does a real round trip", () => release.test());

test("a stock client chats through the Service", async () => {
  const from = { url: release.url, path: "/rt", user: "ada" } as const;
  const talk = await agent.talk({ from, to: { ...from, user: "bob" }, room: "service", texts });
  expect(talk).toEqual({ heard: texts, transports: ["websocket", "websocket"] });
});

test("kubectl get chat tells the truth: available, two of two gateways, the leader of the flushers", async () => {
  const leader = await flushingPod(release);
  const columns = await until(
    async () => {
      const [heads = "", line = ""] = await release.lines("get", "chat", "weir");
      const shown = new Map(words(heads).map((head, i) => [head, words(line)[i]]));
      return shown.get("STATE") === "Healthy" ? shown : undefined;
    },
    { within: 30_000, every: 1_000 },
  );
  expect(Object.fromEntries(columns)).toMatchObject({ AVAILABLE: "True", STATE: "Healthy", GATEWAYS: "2/2" });
  expect(columns.get("LEADER")).toContain(leader);
  await agent.hold({ url: release.url, count: 12 });
  await until(async () => (await chatField("{.status.connections}")) === "12", { within: 60_000, every: 500 });
  await agent.hold({ url: release.url, count: 0 });
  await until(async () => (await chatField("{.status.connections}")) === "0", { within: 60_000, every: 500 });
});

describe("what must be refused is refused", () => {
  const may = async (account: string, ...what: readonly string[]): Promise<boolean> => {
    const as = `--as=system:serviceaccount:${release.namespace}:weir-${account}`;
    return (await release.kubectl("auth", "can-i", ...what, as).catch(() => "no")).trim() === "yes";
  };

  test.each(["gateway", "flusher"])("a %s may do nothing at all", async (account) => {
    for (const what of ["pods", "secrets", "leases", "chatplatforms", "chatroompolicies"])
      for (const verb of ["get", "list", "create", "patch", "delete"])
        expect(await may(account, verb, what)).toBe(false);
  });

  test("a controller may mark pods and write statuses; it may not end pods, read secrets or change what people wrote", async () => {
    expect(await may("controller", "patch", "pods")).toBe(true);
    expect(await may("controller", "patch", "chatroompolicies", "--subresource=status")).toBe(true);
    for (const [verb, what] of [
      ["delete", "pods"],
      ["create", "pods"],
      ["get", "secrets"],
      ["list", "secrets"],
      ["patch", "deployments"],
      ["patch", "chatroompolicies"],
      ["delete", "chatplatforms"],
    ] as const)
      expect([verb, what, await may("controller", verb, what)]).toEqual([verb, what, false]);
  });

  test("none of them may anything in another namespace", async () => {
    for (const account of ["gateway", "flusher", "controller"])
      expect(await may(account, "list", "pods", "--namespace=kube-system")).toBe(false);
  });
});

test("helm upgrade with changed values puts them in force: an ingress, network policies, three gateways", async () => {
  const before = await restartsOfOthers();
  await release.upgrade({
    ingress: { profile: "traefik" },
    networkPolicies: { enabled: true, clients: [{ namespaceSelector: {} }] },
    gateway: { replicas: 3 },
  });
  await release.ready("gateway", 3);
  expect((await release.lines("get", "networkpolicies", "-o=name")).length).toBeGreaterThan(0);
  // What changes gateways alone neither replaces nor restarts anybody else.
  expect(await restartsOfOthers()).toEqual(before);
});

/** Names of the pods that are no gateways, each with how often it was restarted. */
async function restartsOfOthers(): Promise<string[]> {
  const fields = "{.metadata.name} {.status.containerStatuses[*].restartCount}";
  const others = "--selector=app.kubernetes.io/component!=gateway";
  return (await release.lines("get", "pods", others, `-o=jsonpath={range .items[*]}${fields}{'\\n'}{end}`)).sort();
}

test("a stock client chats through the Traefik ingress: it polls with the cookie, and needs none on /rt", async () => {
  const page = await until(
    async () => {
      const answer = await agent.fetch({ url: `${ingressUrl}/socket.io/?EIO=4&transport=polling` });
      return answer.status === 200 ? answer : undefined;
    },
    { within: 30_000, every: 500 },
  );
  expect(page.setCookie.join()).toContain("weir_route=");
  const free = await agent.fetch({ url: `${ingressUrl}/rt/?EIO=4&transport=polling` });
  expect(free.setCookie.join()).not.toContain("weir_route=");
  const from = { url: ingressUrl, path: "/socket.io", user: "ada" } as const;
  const talk = await agent.talk({ from, to: { url: ingressUrl, path: "/rt", user: "bob" }, room: "ingress", texts });
  expect(talk).toEqual({ heard: texts, transports: ["polling", "websocket"] });
});

test("helm uninstall leaves the custom resource definitions, the Leases, and nothing else", {
  timeout: 480_000,
}, async () => {
  await release.kubectl("delete", "pod,configmap", "weir-test-agent", "--ignore-not-found");
  await release.uninstall();
  const kinds = await kubectl(["api-resources", "--namespaced", "--verbs=list", "-o=name"]);
  const asked = kinds.split("\n").filter((kind) => kind !== "" && !/^events|metrics/.test(kind));
  const left = async (): Promise<string[]> => {
    const names = await release.lines("get", asked.join(","), "-o=name", "--ignore-not-found");
    return names.filter((name) => !/^(serviceaccount\/default$|configmap\/kube-root-ca|lease\.)/.test(name));
  };
  await until(async () => (await left()).length === 0, { within: 120_000, every: 1_000 }).catch(() => undefined);
  expect(await left()).toEqual([]);
  const definitions = await kubectl(["get", "crd", "-o=name"]);
  for (const plural of ["chatplatforms", "chatroompolicies"]) expect(definitions).toContain(`${plural}.weir.chat`);
  const clusterWide = await kubectl(["get", "clusterrole,clusterrolebinding,apiservice", "-o=name"]);
  expect(clusterWide).not.toContain(release.namespace);
});

function words(line: string): string[] {
  return line.split(/\s+/).filter((word) => word !== "");
}

function chatField(path: string): Promise<string> {
  return release.kubectl("get", "chat", "weir", `-o=jsonpath=${path}`);
}
