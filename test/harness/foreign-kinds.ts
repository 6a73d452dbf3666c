import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { parse } from "yaml";
import { chartFolder, isRecord, type Manifest, pick } from "./chart.ts";

type Schema = Readonly<Record<string, unknown>>;

const text: Schema = { type: "string" };
const whole: Schema = { type: "integer" };
const anything: Schema = { type: "object" };

function closed(properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", additionalProperties: false, properties, required };
}

function listOf(items: Schema): Schema {
  return { type: "array", minItems: 1, items };
}

const matchLabels = closed({ matchLabels: anything });
const interval: Schema = { type: "string", pattern: "^[0-9]+(ms|s|m)$" };

const scrape = closed({
  port: text,
  path: text,
  interval,
  relabelings: listOf(closed({ sourceLabels: listOf(text), targetLabel: text })),
});

const route = closed(
  {
    matches: listOf(closed({ path: closed({ type: { enum: ["PathPrefix"] }, value: text }) })),
    backendRefs: listOf(closed({ name: text, port: whole })),
    timeouts: anything,
    sessionPersistence: anything,
  },
  ["timeouts", "sessionPersistence"],
);

const triggers: readonly Schema[] = [
  closed({
    type: { const: "prometheus" },
    metricType: { const: "AverageValue" },
    metadata: closed({ serverAddress: text, query: text, threshold: text, ignoreNullValues: { const: "false" } }),
  }),
  closed({ type: { const: "cpu" }, metricType: { const: "Utilization" }, metadata: closed({ value: text }) }),
];

/** The `spec` of kinds that others define: the fields that the chart uses of them, and no others. */
const specs: Readonly<Record<string, Schema>> = {
  "gateway.networking.k8s.io/v1 HTTPRoute": closed(
    { parentRefs: listOf(anything), hostnames: listOf(text), rules: listOf(route) },
    ["hostnames"],
  ),
  "keda.sh/v1alpha1 ScaledObject": closed({
    scaleTargetRef: closed({ name: text }),
    minReplicaCount: whole,
    maxReplicaCount: whole,
    pollingInterval: whole,
    fallback: closed({ failureThreshold: whole, replicas: whole, behavior: { enum: ["currentReplicasIfHigher"] } }),
    advanced: closed({ horizontalPodAutoscalerConfig: closed({ name: text, behavior: anything }, ["behavior"]) }),
    triggers: listOf({ oneOf: triggers }),
  }),
  "monitoring.coreos.com/v1 PodMonitor": closed({
    selector: matchLabels,
    podMetricsEndpoints: listOf(scrape),
  }),
  "monitoring.coreos.com/v1 ServiceMonitor": closed({
    selector: matchLabels,
    endpoints: listOf(scrape),
  }),
  "monitoring.coreos.com/v1 PrometheusRule": closed({
    groups: listOf(
      closed({
        name: text,
        rules: listOf(
          closed({ alert: text, record: text, expr: text, for: text, labels: anything, annotations: anything }, [
            "alert",
            "record",
            "for",
            "labels",
            "annotations",
          ]),
        ),
      }),
    ),
  }),
  "grafana.integreatly.org/v1beta1 GrafanaDashboard": closed({
    instanceSelector: matchLabels,
    json: text,
  }),
  // As the definition of the k6-operator 1.6 has it.
  "k6.io/v1alpha1 TestRun": closed({
    parallelism: whole,
    separate: { type: "boolean" },
    script: closed({ configMap: closed({ name: text, file: text }) }),
    arguments: text,
    runner: closed({
      env: listOf(closed({ name: text, value: text, valueFrom: anything }, ["value", "valueFrom"])),
      resources: closed({ requests: anything, limits: anything }),
    }),
  }),
  "weir.chat/v1alpha1 ChatPlatform": ownSpec("chatplatforms"),
};

/** Our own definition of a kind, with every object in it closed. */
function ownSpec(file: string): Schema {
  const definition: unknown = parse(readFileSync(`${chartFolder}/files/crds/${file}.yaml`, "utf8"));
  const spec = pick(definition, "spec.versions.0.schema.openAPIV3Schema.properties.spec");
  if (!isRecord(spec)) throw new Error(`${file} has no schema`);
  return { ...spec, additionalProperties: false };
}

/** What is wrong with an object of a kind that others define. Throws where the kind is not known here. */
export function foreignErrors(manifest: Manifest): readonly string[] {
  const kind = `${String(manifest.at("apiVersion"))} ${manifest.kind}`;
  const schema = specs[kind];
  if (schema === undefined) throw new Error(`there is no schema for ${kind}`);
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  ajv.validate(schema, manifest.at("spec"));
  return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath}: ${message ?? "wrong"}`);
}
