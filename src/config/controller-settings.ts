import { anyText, integer } from "./kinds.ts";

/** What only the controller reads. */
export const controllerSettings = {
  leaseNamespace: {
    kind: anyText(),
    meaning: "Namespace of the Lease by which one controller is elected. Without it: `WEIR_NAMESPACE`.",
  },
  leaseName: {
    kind: anyText(),
    fallback: "weir-controller",
    meaning: "Name of the Lease by which one controller is elected.",
  },
  platformName: {
    kind: anyText(),
    fallback: "weir",
    meaning: "Name of the ChatPlatform in which the controller says what it sees.",
  },
  gatewaySelector: {
    kind: anyText(),
    fallback: "app.kubernetes.io/name=weir,app.kubernetes.io/component=gateway",
    meaning: "Label selector by which the controller finds the pods of the gateways.",
  },
  customMetricsPort: {
    kind: integer(0, 65_535),
    fallback: "0",
    meaning: "Port on which the controller serves the custom metrics API to the API server, by HTTPS; 0 serves none.",
  },
  customMetricsTlsCert: {
    kind: anyText(),
    meaning:
      "PEM certificate for that port, as `WEIR_CUSTOM_METRICS_TLS_CERT_FILE`. Without it, one that only its own key has signed.",
  },
  customMetricsTlsKey: {
    kind: anyText(),
    secret: true,
    meaning: "PEM key of that certificate, as `WEIR_CUSTOM_METRICS_TLS_KEY_FILE`.",
  },
} as const;
