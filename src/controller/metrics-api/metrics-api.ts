import type { Clock } from "../../kernel/clock.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type { GatewayPod } from "../platform/gateway-pod.ts";
import { type Answer, failure } from "./answer.ts";
import {
  answerMetric,
  connectionsMetric,
  type MetricsVersion,
  metricsGroup,
  metricsVersions,
} from "./connections-metric.ts";

export interface MetricsApiOptions {
  /** Whose pods are measured. */
  readonly namespace: string;
  /** Undefined where the cluster can't be seen. Never rejects. */
  readonly pods: () => Promise<readonly GatewayPod[] | undefined>;
  readonly clock: Clock;
  readonly metrics: Metrics;
}

/** Answers one request of the Kubernetes API whose sender is known. */
export type MetricsApi = (request: { readonly method: string; readonly url: string }) => Promise<Answer>;

/** `custom.metrics.k8s.io` for the connections of gateway pods: discovery, and the metric itself. */
export function createMetricsApi(options: MetricsApiOptions): MetricsApi {
  return async ({ method, url }) => {
    const answer = method === "GET" ? await answerTo(options, url) : failure(405, "this API is only read");
    options.metrics.count("weir_custom_metrics_requests_total", { code: String(answer.code) });
    return answer;
  };
}

function answerTo(options: MetricsApiOptions, url: string): Promise<Answer> {
  const { pathname, searchParams } = new URL(url, "https://localhost");
  const [apis, group, versionText, ...rest] = pathname
    .split("/")
    .slice(1)
    .filter((part) => part !== "");
  if (apis !== "apis" || (group !== undefined && group !== metricsGroup)) return notFound(pathname);
  if (group === undefined) return found({ kind: "APIGroupList", apiVersion: "v1", groups: [groupOf()] });
  if (versionText === undefined) return found({ ...groupOf(), kind: "APIGroup", apiVersion: "v1" });
  const version = metricsVersions.find((known) => known === versionText);
  if (version === undefined) return notFound(pathname);
  if (rest.length === 0) return found(resourcesOf(version));
  return metricAt(options, { version, path: rest.map(decodeURIComponent), pathname, searchParams });
}

interface MetricAddress {
  readonly version: MetricsVersion;
  /** After the version. */
  readonly path: readonly string[];
  readonly pathname: string;
  readonly searchParams: URLSearchParams;
}

async function metricAt(
  { namespace, pods, clock }: MetricsApiOptions,
  { version, path, pathname, searchParams }: MetricAddress,
): Promise<Answer> {
  const [namespaces, asked, plural, pod, metric, ...beyond] = path;
  if (namespaces !== "namespaces" || plural !== "pods" || pod === undefined || beyond.length > 0)
    return notFound(pathname);
  if (metric !== connectionsMetric) return failure(404, `the only metric here is ${connectionsMetric}`);
  if (asked !== namespace) return failure(404, `only pods of the namespace ${namespace} are measured`);
  if ((searchParams.get("metricLabelSelector") ?? "") !== "") return failure(400, `${metric} has no labels`);
  const labelSelector = searchParams.get("labelSelector") ?? "";
  const now = new Date(clock.now()).toISOString();
  return answerMetric({ version, namespace, pod, labelSelector }, await pods(), now);
}

function found(body: object): Promise<Answer> {
  return Promise.resolve({ code: 200, body });
}

function notFound(path: string): Promise<Answer> {
  return Promise.resolve(failure(404, `there is nothing at ${path}`));
}

function groupOf(): object {
  const versions = metricsVersions.map((version) => ({ groupVersion: `${metricsGroup}/${version}`, version }));
  return { name: metricsGroup, versions, preferredVersion: versions[0] };
}

function resourcesOf(version: MetricsVersion): object {
  const name = `pods/${connectionsMetric}`;
  return {
    kind: "APIResourceList",
    apiVersion: "v1",
    groupVersion: `${metricsGroup}/${version}`,
    resources: [{ name, singularName: "", namespaced: true, kind: "MetricValueList", verbs: ["get"] }],
  };
}
