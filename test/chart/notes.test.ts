import { describe, expect, test } from "vitest";
import { chartFolder, type Values } from "../harness/chart.ts";
import { matrixFile } from "../harness/chart-matrix.ts";
import { helm } from "../harness/helm.ts";

/** What an install would print, without a cluster. */
async function notes(values: Values, files: readonly string[] = []): Promise<string> {
  const given = [...files.flatMap((file) => ["--values", file]), "--set-json", JSON.stringify(values)];
  return helm(["install", "weir", chartFolder, "--namespace", "chat", "--dry-run=client", ...given]);
}

test("the notes of a default install say that the stores are demos and the key was made by the chart", async () => {
  const said = await notes({});
  expect(said).toContain("redis: demo, mongodb: demo");
  expect(said).toContain("redis is the demo's, one pod whose data is gone with it: give redis.existingSecret");
  expect(said).toContain("the key of tokens was made by the chart");
  expect(said).toContain("nothing scrapes: enable monitoring.podMonitor");
  expect(said).toContain("helm -n chat test weir");
  expect(said).not.toContain("auth.audience");
});

test("the notes of a production install have nothing missing", async () => {
  const said = await notes({ crds: { install: false } }, [matrixFile("production")]);
  expect(said).toContain("3 to 30 by hpa, 7000 connections each");
  expect(said).toContain("haproxy, /socket.io by the cookie weir_route, /rt without affinity");
  expect(said).toContain("takes up to 160 s: 10 s until balancers know, 120 s to send clients away, 30 s to spare");
  expect(said).not.toContain("What is missing");
});

test.each<readonly [string, Values]>([
  ["an adapter of yours has to serve weir_connections", { autoscaling: { mode: "hpa" } }],
  ["autoscaling.mode none: nothing scales", { customMetrics: { enabled: true } }],
  ["helm test has no token: set test.tokenSecret", { auth: { publicKey: "PEM" } }],
  ["tokens that your keys sign for other applications are taken too", { auth: { jwksUrl: "https://id.example/keys" } }],
  ["tokens that your keys sign for other applications are taken too", { auth: { existingSecret: "chat-jwt" } }],
  ["polling needs affinity", { ingress: { profile: "gateway", gateway: { parentRefs: [{ name: "g" }] } } }],
  ["all clients seem to have the balancer's address", { ingress: { profile: "nginx" } }],
  ["one address may take all connections of a gateway", {}],
  ["one address may take all connections of a gateway", { settings: { WEIR_CONNECTIONS_PER_IP: 0 } }],
  ["one user may take all connections of a gateway", { settings: { WEIR_CONNECTIONS_PER_USER: "0" } }],
  ["gateways hold the user of the flusher", { mongodb: { existingSecret: "m" } }],
  ["the controller may patch all pods of its namespace", { controller: { admissionPolicy: false } }],
])("the notes say where %s", async (sentence, values) => {
  expect(await notes(values)).toContain(sentence);
});

/** The lines under "What is open to all". */
async function open(values: Values, files: readonly string[] = []): Promise<readonly string[]> {
  const said = await notes(values, files);
  const [, lines = ""] = /What is open to all\n((?: {2}- .*\n)*)/.exec(said) ?? [];
  return lines
    .trimEnd()
    .split("\n")
    .map((line) => line.replace(/^ {2}- /, ""));
}

const toNames = "the way to names, port 53 and 5353: names are served at different places";

describe("the notes name each open peer", () => {
  test("of a default install", async () => {
    expect(await open({})).toEqual([
      "the way to the API server: set networkPolicies.apiServer",
      "gateways, port 3000: set networkPolicies.clients",
      toNames,
    ]);
  });

  test("of an install with stores and monitors elsewhere", async () => {
    const values = {
      redis: { existingSecret: "r" },
      mongodb: { existingSecret: "m" },
      auth: { jwksUrl: "https://id.example.com" },
      monitoring: { podMonitor: { enabled: true } },
      customMetrics: { enabled: true },
    };
    const lines = await open(values);
    for (const place of ["apiServer", "clients", "keySet", "mongodb", "monitoring", "redis"]) {
      expect(lines).toContainEqual(expect.stringMatching(new RegExp(`: set networkPolicies\\.${place}$`)));
    }
    expect(lines).toHaveLength(8);
  });

  test.each<readonly [string, Values]>([
    ["all addresses", { ipBlock: { cidr: "0.0.0.0/0" } }],
    ["all addresses of IPv6", { ipBlock: { cidr: "::/0" } }],
    ["all pods", { namespaceSelector: {} }],
  ])("also where a peer is named that is %s", async (_what, peer) => {
    const lines = await open({ networkPolicies: { enabled: true, clients: [peer] } });
    expect(lines).toContain("gateways, port 3000: networkPolicies.clients names all");
  });

  test("of a production install, which are names and the API's custom metrics", async () => {
    const lines = await open({ crds: { install: false } }, [matrixFile("production")]);
    expect(lines).toEqual([expect.stringMatching(/^custom metrics, port 6443: /), toNames]);
  });

  test("which is everything without policies", async () => {
    const lines = await open({ networkPolicies: { enabled: false } });
    expect(lines).toEqual(["each port of each pod, and each way out: set networkPolicies.enabled"]);
  });
});
