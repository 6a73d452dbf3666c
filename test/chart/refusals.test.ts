import { describe, expect, test } from "vitest";
import { renderChart, type Values } from "../harness/chart.ts";

const somePeers = [{ podSelector: {} }];
const keda = { serverAddress: "http://prometheus:9090" };

/** What can't work, and words of the sentence that says so. */
const refused: readonly (readonly [string, Values, string])[] = [
  [
    "no Redis",
    { demo: { enabled: false }, mongodb: { url: "mongodb://m/weir" } },
    "no redis: set redis.existingSecret",
  ],
  ["no MongoDB", { demo: { enabled: false }, redis: { url: "redis://r" } }, "no mongodb: set mongodb.existingSecret"],
  [
    "a store given twice",
    { redis: { url: "redis://r", existingSecret: "s" } },
    "redis.url and redis.existingSecret are both set; set one",
  ],
  [
    "a drain that nothing waits for",
    { gateway: { drain: { windowSeconds: 280 } } },
    "a gateway would need 315 s to stop (gateway.drain: preStopSeconds 5 + windowSeconds 280 + 30), which is more than maxGraceSeconds 300",
  ],
  [
    "a scale-in faster than a drain",
    {
      autoscaling: {
        mode: "hpa",
        behavior: { scaleDown: { policies: [{ type: "Pods", value: 1, periodSeconds: 30 }] } },
      },
    },
    "a period of 30 s, which is shorter than the drain window of 60 s",
  ],
  [
    "fewer pods at most than at least",
    { autoscaling: { mode: "hpa", minReplicas: 30 } },
    "minReplicas 30 is more than",
  ],
  [
    "KEDA without a Prometheus",
    { autoscaling: { mode: "keda" } },
    "autoscaling.keda.serverAddress must name a Prometheus",
  ],
  [
    "a share of CPU that nobody requested",
    { autoscaling: { mode: "keda", keda }, gateway: { resources: { requests: { cpu: null } } } },
    "autoscaling.cpuPercent is a share of gateway.resources.requests.cpu",
  ],
  [
    "custom metrics without who serves them",
    { customMetrics: { enabled: true }, controller: { enabled: false } },
    "customMetrics.enabled needs controller.enabled",
  ],
  [
    "a certificate that can't be checked",
    { customMetrics: { enabled: true, tls: { existingSecret: "s" } } },
    "needs customMetrics.tls.caBundle",
  ],
  ["a route to nowhere", { ingress: { profile: "gateway" } }, "ingress.gateway.parentRefs must name the Gateway"],
  [
    "a certificate for a route",
    { ingress: { profile: "gateway", tlsSecret: "s", gateway: { parentRefs: [{ name: "g" }] } } },
    "the Gateway's listener has the certificate",
  ],
  [
    "two names of the cookie",
    { ingress: { profile: "nginx" }, settings: { WEIR_AFFINITY_COOKIE: "c" } },
    "set ingress.cookieName",
  ],
  [
    "metrics scraped twice",
    { monitoring: { podMonitor: { enabled: true }, serviceMonitor: { enabled: true } } },
    "would count everything twice",
  ],
  [
    "closed gateways that no client may reach",
    { networkPolicies: { enabled: true } },
    "networkPolicies.clients must name who may connect to gateways",
  ],
  [
    "a closed way to a store that nobody named",
    { networkPolicies: { enabled: true, clients: somePeers }, redis: { url: "redis://r" } },
    "networkPolicies.redis must name where it is",
  ],
  [
    "metrics that a Prometheus scrapes and may not reach",
    { networkPolicies: { enabled: true, clients: somePeers }, monitoring: { podMonitor: { enabled: true } } },
    "networkPolicies.monitoring must name the Prometheus that scrapes",
  ],
  [
    "a password in the URL of a key set",
    { auth: { jwksUrl: "https://weir:secret@id.example.com/keys" } },
    "auth.jwksUrl holds a user or a password",
  ],
  [
    "a user of gateways given twice",
    { mongodb: { gateway: { url: "mongodb://m/weir", existingSecret: "s" } } },
    "mongodb.gateway.url and mongodb.gateway.existingSecret are both set",
  ],
];

test.each(refused)("%s is refused with a sentence that says what to change", async (_what, values, sentence) => {
  await expect(renderChart({ values })).rejects.toThrow(sentence);
});

describe("the schema refuses", () => {
  test.each<readonly [string, Values]>([
    ["an unknown value", { gatway: {} }],
    ["an unknown value deeper down", { gateway: { drain: { window: 1 } } }],
    ["an unknown setting", { settings: { WEIR_RATE_USERS: 1 } }],
    ["a setting that the chart gives itself", { settings: { WEIR_REDIS_URL: "redis://r" } }],
    ["an unknown profile", { ingress: { profile: "caddy" } }],
    ["an autoscaler and another at once", { autoscaling: { mode: ["hpa", "keda"] } }],
    ["a short secret", { auth: { jwtSecret: "short" } }],
    ["a URL of another scheme", { redis: { url: "http://r" } }],
    ["a time-out below the heartbeat", { ingress: { idleSeconds: 30 } }],
    ["text for a number", { gateway: { replicas: "two" } }],
  ])("%s", async (_what, values) => {
    await expect(renderChart({ values })).rejects.toThrow("values don't meet the specifications of the schema");
  });
});

test("an old cluster is refused", async () => {
  await expect(renderChart({ kubeVersion: "1.29.0" })).rejects.toThrow("incompatible with Kubernetes v1.29.0");
});
