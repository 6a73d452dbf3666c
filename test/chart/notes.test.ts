import { expect, test } from "vitest";
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
])("the notes say where %s", async (sentence, values) => {
  expect(await notes(values)).toContain(sentence);
});
