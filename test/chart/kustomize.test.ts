import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import { beforeAll, describe, expect, test } from "vitest";
import { remoteWriteStats } from "../../loadtests/lib/load-metrics.ts";
import { scenarioNames } from "../../scripts/bundled-loadtests.ts";
import { componentValues, generatedManifests, plainManifests } from "../../scripts/generated-manifests.ts";
import { metricCatalogue } from "../../src/telemetry/metric-catalogue.ts";
import { isRecord, listAt, type Manifest, parseManifests, pick } from "../harness/chart.ts";
import { foreignErrors } from "../harness/foreign-kinds.ts";
import { kubectlPath } from "../harness/helm.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** What `kubectl apply -k` would send for a folder. */
async function build(folder: string): Promise<readonly Manifest[]> {
  const { stdout } = await promisify(execFile)(kubectlPath(), ["kustomize", folder], { maxBuffer: 2 ** 24 });
  return parseManifests(stdout);
}

/** The base with components, as an overlay of a user's own. */
async function buildWith(...components: readonly string[]): Promise<readonly Manifest[]> {
  const folder = await mkdtemp(join(tmpdir(), "weir-overlay-"));
  const at = (path: string): string => relative(folder, join(root, "k8s", path));
  try {
    const overlay = { resources: [at("base")], components: components.map((name) => at(`components/${name}`)) };
    await writeFile(join(folder, "kustomization.yaml"), JSON.stringify(overlay));
    return await build(folder);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Objects by kind and name; the order of environment variables says nothing. */
function comparable(manifests: readonly Manifest[]): Record<string, unknown> {
  return Object.fromEntries(manifests.map(({ kind, name, object }) => [`${kind}/${name}`, withSortedEnv(object)]));
}

function withSortedEnv(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedEnv);
  if (!isRecord(value)) return value;
  const sorted = (list: readonly unknown[]): unknown[] =>
    list.toSorted((a, b) => String(pick(a, "name")).localeCompare(String(pick(b, "name"))));
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "env" && Array.isArray(item) ? sorted(item) : withSortedEnv(item),
    ]),
  );
}

test("the files that are made from the chart are what the chart makes", async () => {
  for (const [path, text] of Object.entries(await generatedManifests())) expect(read(path), path).toBe(text);
});

/** Its stores stand in for those of the base's Secrets, which an overlay makes. */
const other = new Set(["demo-stores"]);

test.each(Object.keys(componentValues).filter((name) => !other.has(name)))(
  "the base with the component %s is the chart with its values",
  async (name) => {
    const built = (await buildWith(name)).filter(
      ({ kind }) => !["Namespace", "CustomResourceDefinition"].includes(kind),
    );
    expect(comparable(built)).toEqual(comparable(await plainManifests(name)));
  },
);

describe("the overlay for kind", () => {
  let manifests: readonly Manifest[];
  beforeAll(async () => {
    manifests = await build(join(root, "k8s/overlays/kind"));
  });

  test("has all that its pods mount, but for the key of tokens, which is made once", () => {
    const secrets = new Set(manifests.filter(({ kind }) => kind === "Secret").map(({ name }) => name));
    const mounted = manifests
      .flatMap(({ object }) => listAt(object, "spec.template.spec.volumes"))
      .flatMap((volume) => listAt(volume, "projected.sources"))
      .map((source) => String(pick(source, "secret.name")));
    expect(mounted.length).toBeGreaterThan(0);
    expect([...new Set(mounted)].filter((name) => !secrets.has(name))).toEqual(["weir-jwt"]);
  });

  test("runs the image that `make image` builds, in a namespace that holds pods to the restricted standard", () => {
    const images = manifests.flatMap(({ object }) => listAt(object, "spec.template.spec.containers"));
    expect(new Set(images.map((container) => pick(container, "image")))).toContain("weir:dev");
    const namespace = manifests.find(({ kind }) => kind === "Namespace");
    expect(pick(namespace?.object["metadata"], "labels")).toMatchObject({
      "pod-security.kubernetes.io/enforce": "restricted",
    });
    expect(new Set(manifests.map((manifest) => manifest.at("metadata.namespace")))).toEqual(
      new Set(["weir", undefined]),
    );
  });
});

test("the overlay for production leaves the number of gateways to its autoscaler", async () => {
  const manifests = await build(join(root, "k8s/overlays/production"));
  const gateway = manifests.find(({ kind, name }) => kind === "Deployment" && name === "weir-gateway");
  expect(gateway?.at("spec.replicas")).toBeUndefined();
  const hpa = manifests.find(({ kind }) => kind === "HorizontalPodAutoscaler");
  expect(hpa?.at("spec.scaleTargetRef.name")).toBe("weir-gateway");
  expect(manifests.filter(({ kind }) => kind === "Secret")).toEqual([]);
});

describe("examples", () => {
  /** A schema of a resource that refuses fields which the API server would drop. */
  function closed(schema: unknown): unknown {
    if (Array.isArray(schema)) return schema.map(closed);
    if (!isRecord(schema)) return schema;
    const inner = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
    const isOpen = "properties" in schema && Object.keys(schema["properties"] ?? {}).includes("metadata");
    return "properties" in schema && !isOpen ? { ...inner, additionalProperties: false } : inner;
  }

  test("policies are policies", () => {
    const [crd] = parseManifests(read("k8s/crds/chatroompolicies.yaml"));
    const schema = closed(pick(crd?.object, "spec.versions.0.schema.openAPIV3Schema"));
    if (!isRecord(schema)) throw new TypeError("the resource has no schema");
    const valid = new Ajv({ strict: false, validateFormats: false }).compile(schema);
    const examples = parseManifests(read("k8s/examples/policies.yaml"));
    expect(examples.map(({ kind }) => kind)).toEqual(["ChatRoomPolicy", "ChatRoomPolicy", "ChatRoomPolicy"]);
    for (const { object, name } of examples) {
      valid(object);
      expect(valid.errors, name).toBeNull();
    }
    valid({ spec: { rooms: ["a"], slowModeSecond: 1 } });
    expect(valid.errors).not.toBeNull();
  });

  test("the load test is one that the k6-operator takes, of a scenario that there is, and leaves the verdict to Prometheus", () => {
    const [run] = parseManifests(read("k8s/examples/load-test.yaml"));
    if (run === undefined) throw new TypeError("there is no load test");
    expect(foreignErrors(run)).toEqual([]);
    expect(scenarioNames()).toContain(String(run.at("spec.script.configMap.file")).replace(/\.js$/, ""));
    expect(run.at("spec.arguments")).toContain("--no-thresholds");
    const variables = listAt(run.object, "spec.runner.env").map((variable) => String(pick(variable, "name")));
    const known = ["URL", "WEIR_JWT_SECRET", "RUN", "SCALE", "METRICS", "STRETCH", "COOKIES", "SOCKET_PATH"];
    expect(variables.filter((name) => !name.startsWith("K6_PROMETHEUS_RW_") && !known.includes(name))).toEqual([]);
    const stats = listAt(run.object, "spec.runner.env").find(
      (variable) => pick(variable, "name") === "K6_PROMETHEUS_RW_TREND_STATS",
    );
    expect(pick(stats, "value")).toBe(remoteWriteStats.join(","));
  });

  test("the rules of prometheus-adapter are about a metric that gateways have", () => {
    const [values] = parseManifests(read("k8s/examples/prometheus-adapter.yaml"));
    const [rule] = listAt(values?.object, "rules.custom");
    const [metric = ""] = String(pick(rule, "seriesQuery")).split("{");
    expect(Object.keys(metricCatalogue)).toContain(metric);
    expect(metric).toBe("weir_connections");
  });
});
