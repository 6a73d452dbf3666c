import type { GatewayPod } from "../platform/gateway-pod.ts";
import { type Answer, failure } from "./answer.ts";
import { parseLabelSelector } from "./label-selector.ts";

/** The one metric that is served. */
export const connectionsMetric = "weir_connections";
export const metricsGroup = "custom.metrics.k8s.io";
export const metricsVersions = ["v1beta1", "v1beta2"] as const;
export type MetricsVersion = (typeof metricsVersions)[number];

export interface MetricQuery {
  readonly version: MetricsVersion;
  readonly namespace: string;
  /** Of the pod; `*` asks for all that the selector takes. */
  readonly pod: string;
  readonly labelSelector: string;
}

/**
 * The connections of gateway pods. A pod that may hold clients and does not say how many makes it an error, so that nobody scales by a
 * number that is too low. Pods that are leaving are not part of it, as for every autoscaler; nor are those that have only just begun.
 * @param now RFC 3339
 */
export function answerMetric(query: MetricQuery, pods: readonly GatewayPod[] | undefined, now: string): Answer {
  if (pods === undefined) return failure(503, "the pods of the gateways can't be read");
  const matches = parseLabelSelector(query.labelSelector);
  if (matches === undefined) return failure(400, `${JSON.stringify(query.labelSelector)} is no label selector`);
  const wanted = pods.filter(({ name, labels }) => (query.pod === "*" ? matches(labels) : name === query.pod));
  if (query.pod !== "*" && wanted.length === 0) return failure(404, `${query.pod} is no gateway pod of this namespace`);
  const counted = query.pod === "*" ? wanted.filter(isCounted) : wanted;
  const unknown = counted.filter(({ connections }) => connections === undefined).map(({ name }) => name);
  if (unknown.length > 0) return failure(503, `it is not known how many connections ${unknown.join(", ")} has`);
  return { code: 200, body: listOf(query, counted, now) };
}

function isCounted({ phase, connections }: GatewayPod): boolean {
  return phase !== "leaving" && !(phase === "starting" && connections === undefined);
}

function listOf({ version, namespace }: MetricQuery, pods: readonly GatewayPod[], timestamp: string): object {
  const metric = version === "v1beta1" ? { metricName: connectionsMetric } : { metric: { name: connectionsMetric } };
  return {
    kind: "MetricValueList",
    apiVersion: `${metricsGroup}/${version}`,
    metadata: {},
    items: pods.map(({ name, connections = 0 }) => ({
      describedObject: { kind: "Pod", namespace, name, apiVersion: "/v1" },
      ...metric,
      timestamp,
      value: String(connections),
    })),
  };
}
