import { expect, test } from "vitest";
import { listAt, type Manifest, pick, renderChart, type Values } from "../harness/chart.ts";

async function policies(networkPolicies: Values, values: Values = {}): Promise<(name: string) => Manifest> {
  const { get } = await renderChart({ values: { ...values, networkPolicies: { enabled: true, ...networkPolicies } } });
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

test("network policies are off until they are asked for", async () => {
  expect((await renderChart()).names().filter((name) => name.startsWith("NetworkPolicy"))).toEqual([]);
});

test("a gateway is reached on its two ports, and reaches names, Redis and MongoDB, not the API server", async () => {
  const policy = (await policies({}))("weir-gateway");
  expect(rules(policy, "ingress")).toEqual([
    ["app", "all"],
    ["ops", "all"],
  ]);
  expect(rules(policy, "egress")).toEqual([
    ["53,53", "all"],
    ["6379", "redis-demo"],
    ["27017", "mongodb-demo"],
  ]);
});

test("a flusher reaches what a gateway reaches, a controller also the API server and the ops ports of all", async () => {
  const get = await policies({ apiServerPorts: [16_443] }, { customMetrics: { enabled: true } });
  expect(rules(get("weir-flusher"), "ingress")).toEqual([["ops", "all"]]);
  expect(rules(get("weir-flusher"), "egress")).toEqual(rules(get("weir-gateway"), "egress"));
  expect(rules(get("weir-controller"), "ingress")).toEqual([
    ["ops", "all"],
    ["custom-metrics", "all"],
  ]);
  expect(rules(get("weir-controller"), "egress").slice(-2)).toEqual([
    ["16443", "all"],
    ["ops", "peers"],
  ]);
});

test("named peers are let in and nobody else, but for the probe and the controller", async () => {
  const peer = [{ ipBlock: { cidr: "10.9.0.0/16" } }];
  const get = await policies({ clients: peer, monitoring: peer });
  expect(rules(get("weir-gateway"), "ingress")).toEqual([
    ["app", "test"],
    ["ops", "controller"],
  ]);
  expect(listAt(get("weir-gateway").object, "spec.ingress.0.from")[0]).toEqual(peer[0]);
});

test("stores of the user are reached where the values say, and key sets on 443", async () => {
  const values = {
    redis: { url: "redis://r:1" },
    mongodb: { url: "mongodb://m/weir" },
    auth: { jwksUrl: "https://id.example.com" },
  };
  const get = await policies(
    { redis: [{ ipBlock: { cidr: "10.1.0.0/16" } }], redisPorts: [6380], mongodbPorts: [1, 2] },
    values,
  );
  expect(rules(get("weir-gateway"), "egress").slice(1)).toEqual([
    ["6380", "peers"],
    ["1,2", "all"],
    ["443", "all"],
  ]);
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
