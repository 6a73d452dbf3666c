import { stringify } from "yaml";
import { isRecord, type Manifest, renderChart, type Values } from "../test/harness/chart.ts";

const notice = "# Generated from charts/weir by `npm run docs`; a test fails when it differs.\n";

/** What the base is: every store and key in a Secret of the user's. */
const baseValues: Values = {
  demo: { enabled: false },
  redis: { existingSecret: "weir-redis" },
  mongodb: { existingSecret: "weir-mongodb" },
  auth: { existingSecret: "weir-jwt" },
  crds: { install: false },
  networkPolicies: { enabled: false },
};

const namespace = (name: string): Values => ({
  namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": name } },
});
const elsewhere = { ipBlock: { cidr: "10.0.0.0/8" } };

const ingress = (profile: string, more: object = {}): Values => ({
  ingress: { profile, host: "chat.example.com", tlsSecret: "chat-tls", ...more },
});

/** What can be added to it, by folder in k8s/components, as values of the chart beside those of the base. */
export const componentValues: Readonly<Record<string, Values>> = {
  "autoscaling-hpa": { autoscaling: { mode: "hpa" } },
  "autoscaling-keda": {
    autoscaling: { mode: "keda", keda: { serverAddress: "http://prometheus-operated.monitoring:9090" } },
  },
  "demo-stores": { demo: { enabled: true }, redis: { existingSecret: "" }, mongodb: { existingSecret: "" } },
  "ingress-alb": ingress("alb", { tlsSecret: "" }),
  "ingress-haproxy": ingress("haproxy"),
  "ingress-nginx": ingress("nginx"),
  "ingress-traefik": ingress("traefik"),
  "network-policies": {
    networkPolicies: {
      enabled: true,
      clients: [namespace("ingress")],
      monitoring: [namespace("monitoring")],
      redis: [elsewhere],
      mongodb: [elsewhere],
    },
  },
  "pod-monitor": { monitoring: { podMonitor: { enabled: true } } },
  "route-gateway-api": {
    ...ingress("gateway", { tlsSecret: "", gateway: { parentRefs: [{ name: "public", namespace: "gateways" }] } }),
    settings: { WEIR_TRANSPORTS: "websocket" },
  },
};

/** The chart's objects of a component and the base, in the namespace `weir`, without what only Helm reads. */
export async function plainManifests(component?: string): Promise<readonly Manifest[]> {
  const { manifests } = await renderChart({
    values: merge(baseValues, componentValues[component ?? ""] ?? {}),
    namespace: "weir",
    apiVersions: ["weir.chat/v1alpha1/ChatPlatform"],
  });
  const kept = manifests.filter((manifest) => !isHook(manifest) && idOf(manifest) !== urlsOfDemoStores);
  return kept.map((manifest) => ({ ...manifest, object: plain(inAnyNamespace(manifest)) }));
}

/** kustomize puts objects into the overlay's namespace, and can't do that to a selector of namespaces. The policy holds the controller of each. */
function inAnyNamespace({ kind, object }: Manifest): Manifest["object"] {
  if (kind !== "ValidatingAdmissionPolicyBinding" || !isRecord(object["spec"])) return object;
  const { matchResources: _, ...spec } = object["spec"];
  return { ...object, spec };
}

/** The base reads URLs from the user's Secrets, also those of the demo stores. */
const urlsOfDemoStores = "Secret/weir-stores";

function merge(base: Values, over: Values): Values {
  const merged: Record<string, unknown> = { ...base };
  for (const [name, value] of Object.entries(over)) {
    const below = base[name];
    merged[name] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return merged;
}

function isHook(manifest: Manifest): boolean {
  const annotations = manifest.at("metadata.annotations");
  return isRecord(annotations) && "helm.sh/hook" in annotations;
}

const ofHelm = /^(helm\.sh\/|checksum\/|app\.kubernetes\.io\/managed-by$)/;

function plain(object: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(object).flatMap(([key, value]) => {
      if (ofHelm.test(key)) return [];
      const cleaned = cleanValue(value);
      return key === "annotations" && isEmpty(cleaned) ? [] : [[key, cleaned]];
    }),
  );
}

function cleanValue(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(cleanValue);
  return isRecord(value) ? plain(value) : value;
}

function isEmpty(value: unknown): boolean {
  return isRecord(value) && Object.keys(value).length === 0;
}

function file(manifests: readonly Manifest[]): string {
  // Kubernetes reads YAML 1.1, where more words have to be quoted.
  const options = { version: "1.1", aliasDuplicateObjects: false, lineWidth: 0 } as const;
  return notice + manifests.map(({ object }) => stringify(object, options)).join("---\n");
}

function idOf({ kind, name }: Manifest): string {
  return `${kind}/${name}`;
}

/** The files of k8s/ that are made from the chart, by path. A component has the objects that the base lacks. */
export async function generatedManifests(): Promise<Readonly<Record<string, string>>> {
  const base = await plainManifests();
  const known = new Set(base.map(idOf));
  const files: Record<string, string> = { "k8s/base/weir.yaml": file(base) };
  for (const name of Object.keys(componentValues)) {
    const added = (await plainManifests(name)).filter((manifest) => !known.has(idOf(manifest)));
    files[`k8s/components/${name}/objects.yaml`] = file(added);
  }
  return files;
}
