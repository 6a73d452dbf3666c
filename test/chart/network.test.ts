import { expect, test } from "vitest";
import { listAt, type Manifest, pick, renderChart, type Values } from "../harness/chart.ts";
import { matrixFile } from "../harness/chart-matrix.ts";

async function policies(networkPolicies: Values, values: Values = {}): Promise<(name: string) => Manifest> {
  const { get } = await renderChart({ values: { ...values, networkPolicies } });
  return (name) => get("NetworkPolicy", name);
}

/** Ports of the rules of one direction, each with who is on the other side. */
function rules(policy: Manifest, direction: "ingress" | "egress"): readonly (readonly [string, string])[] {
  return listAt(policy.object, `spec.${direction}`).map((rule) => {
    const peers = pick(rule, direction === "ingress" ? "from" : "to");
    const ports = listAt(rule, "ports").map((port) => String(pick(port, "port")));
    const label = /component":"([\w-]+)/.exec(JSON.stringify(peers ?? ""))?.[1];
    return [ports.join(","), peers === undefined ? "all" : (label ?? "peers")];
  });
}

const named = [{ ipBlock: { cidr: "10.9.0.0/16" } }];
const elsewhere = {
  redis: { url: "redis://r:1" },
  mongodb: { url: "mongodb://m/weir" },
  auth: { jwksUrl: "https://id.example.com" },
};
const names = ["53,53,5353,5353", "all"];

test("policies are there by default: each pod is closed but for clients, names and the API server", async () => {
  const get = await policies({});
  expect(rules(get("weir-gateway"), "ingress")).toEqual([
    ["app", "all"],
    ["ops", "controller"],
  ]);
  const stores = [names, ["6379", "redis-demo"], ["27017", "mongodb-demo"]];
  expect(rules(get("weir-gateway"), "egress")).toEqual(stores);
  expect(rules(get("weir-flusher"), "ingress")).toEqual([["ops", "controller"]]);
  expect(rules(get("weir-flusher"), "egress")).toEqual(stores);
  expect(rules(get("weir-controller"), "ingress")).toEqual([["ops", "controller"]]);
  expect(rules(get("weir-controller"), "egress")).toEqual([...stores, ["443,6443", "all"], ["ops", "peers"]]);
});

test("policies can be left out", async () => {
  const { names: all } = await renderChart({ values: { networkPolicies: { enabled: false } } });
  expect(all().filter((name) => name.startsWith("NetworkPolicy"))).toEqual([]);
});

test("by default a store of the user's is reached wherever it is, since nobody said where", async () => {
  const get = await policies({}, elsewhere);
  expect(rules(get("weir-flusher"), "egress")).toEqual([names, ["", "all"], ["", "all"]]);
});

test.each<readonly [string, Values]>([
  ["a PodMonitor", { monitoring: { podMonitor: { enabled: true } } }],
  ["a ServiceMonitor", { monitoring: { serviceMonitor: { enabled: true } } }],
  ["KEDA", { autoscaling: { mode: "keda", keda: { serverAddress: "http://p:9090" } } }],
])("by default %s has /metrics open, since nobody said where Prometheus is", async (_what, values) => {
  const get = await policies({}, values);
  expect(rules(get("weir-flusher"), "ingress")).toEqual([["ops", "all"]]);
});

test("without a controller and a monitor nobody reads /metrics", async () => {
  const get = await policies({}, { controller: { enabled: false } });
  expect(rules(get("weir-flusher"), "ingress")).toEqual([]);
});

test("named peers are let in and nobody else, but for the probe and the controller", async () => {
  const get = await policies({ clients: named, monitoring: named });
  expect(rules(get("weir-gateway"), "ingress")).toEqual([
    ["app", "test"],
    ["ops", "controller"],
  ]);
  expect(listAt(get("weir-gateway").object, "spec.ingress.0.from")[0]).toEqual(named[0]);
  expect(listAt(get("weir-gateway").object, "spec.ingress.1.from")[0]).toEqual(named[0]);
});

test("named peers are what pods reach, on the named ports", async () => {
  const peers = { redis: named, redisPorts: [6380], mongodb: named, mongodbPorts: [1, 2], keySet: named };
  const get = await policies({ ...peers, apiServer: named, apiServerPorts: [16_443], dnsPorts: [7] }, elsewhere);
  const stores = [
    ["7,7", "all"],
    ["6380", "peers"],
    ["1,2", "peers"],
  ];
  expect(rules(get("weir-gateway"), "egress")).toEqual([...stores, ["443", "peers"]]);
  expect(rules(get("weir-controller"), "egress")).toEqual([...stores, ["16443", "peers"], ["ops", "peers"]]);
});

test.each([
  ["https://id.example.com/keys", "443"],
  ["http://id.chat/keys", "80"],
  ["https://id.example.com:8443/keys", "8443"],
  ["https://[2001:db8::1]/keys", "443"],
])("the key set at %s is reached on port %s", async (jwksUrl, port) => {
  const get = await policies({}, { auth: { jwksUrl } });
  expect(rules(get("weir-gateway"), "egress").at(-1)).toEqual([port, "all"]);
});

test("with `true` no pod is open to all, but for names and the API's custom metrics", async () => {
  const { manifests } = await renderChart({ files: [matrixFile("production")] });
  const open = manifests
    .filter(({ kind }) => kind === "NetworkPolicy")
    .flatMap((policy) => [...rules(policy, "ingress"), ...rules(policy, "egress")])
    .filter(([, peers]) => peers === "all");
  expect(new Set(open.map(([ports]) => ports))).toEqual(new Set(["53,53,5353,5353", "custom-metrics"]));
});

test("the demo stores are reached by the pods of the release alone, and reach nothing", async () => {
  const get = await policies({});
  for (const [name, port] of [
    ["weir-redis-demo", "redis"],
    ["weir-mongodb-demo", "mongodb"],
  ] as const) {
    expect(rules(get(name), "ingress")).toEqual([[port, "peers"]]);
    expect(rules(get(name), "egress")).toEqual([]);
  }
});
