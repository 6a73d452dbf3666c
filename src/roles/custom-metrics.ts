import { CustomMetricsServer } from "../adapters/custom-metrics/custom-metrics-server.ts";
import { type Certificate, selfSignedCertificate } from "../adapters/custom-metrics/self-signed-certificate.ts";
import { FrontProxyTrust } from "../controller/metrics-api/front-proxy-trust.ts";
import { createMetricsApi } from "../controller/metrics-api/metrics-api.ts";
import { observePods, type Sources } from "../controller/platform/observer.ts";
import type { KubeApi } from "../controller/ports/kube.ts";
import type { Service } from "../lifecycle/service.ts";
import type { Runtime } from "./runtime.ts";

export interface MeasuredCluster {
  readonly api: Pick<KubeApi, "get">;
  readonly namespace: string;
  readonly sources: Pick<Sources, "pods" | "fleet" | "clock">;
}

/** The custom metrics API, in every controller, leading or not; nothing where no port is set. */
export function customMetricsOf(runtime: Runtime, { api, namespace, sources }: MeasuredCluster): readonly Service[] {
  const { settings, logger } = runtime;
  if (settings.customMetricsPort === 0) return [];
  const certificate = certificateOf(runtime, namespace);
  const server = new CustomMetricsServer({
    host: settings.host,
    port: settings.customMetricsPort,
    certificate: () => certificate,
    api: createMetricsApi({ ...runtime, namespace, pods: () => observePods(sources) }),
    logger,
  });
  return [new FrontProxyTrust({ ...runtime, api, onLook: (proxy) => server.trust(proxy) }), server];
}

function certificateOf({ settings, clock }: Runtime, namespace: string): Certificate {
  const { customMetricsTlsCert: cert, customMetricsTlsKey: key } = settings;
  if (cert !== undefined && key !== undefined) return { cert, key };
  return selfSignedCertificate([`weir-custom-metrics.${namespace}.svc`], clock.now());
}
