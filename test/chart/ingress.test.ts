import { describe, expect, test } from "vitest";
import { fieldsOf, type Rendered, renderChart, type Values } from "../harness/chart.ts";
import { environmentOf } from "../harness/chart-pods.ts";

function withIngress(ingress: Values, values: Values = {}): Promise<Rendered> {
  return renderChart({ values: { ...values, ingress } });
}

function annotations({ get }: Rendered, name: string): Values {
  return fieldsOf(get("Ingress", name).at("metadata.annotations") ?? {});
}

function affinityCookie({ get }: Rendered): unknown {
  return environmentOf(get("Deployment", "weir-gateway")).get("WEIR_AFFINITY_COOKIE");
}

test("without a profile there is no Ingress, no second Service, and no cookie", async () => {
  const rendered = await renderChart();
  expect(rendered.names().filter((name) => /Ingress|sticky|HTTPRoute/.test(name))).toEqual([]);
  expect(affinityCookie(rendered)).toBeUndefined();
});

describe.each(["haproxy", "nginx", "traefik", "alb"])("the profile %s", (profile) => {
  test("has an Ingress and a Service for each path, of the profile's class", async () => {
    const { get } = await withIngress({ profile, host: "chat.example.com", tlsSecret: "tls" });
    const paths = [
      ["weir-websocket", "/rt", "weir-gateway"],
      ["weir-socketio", "/socket.io", "weir-gateway-sticky"],
    ] as const;
    for (const [name, path, service] of paths) {
      expect(get("Ingress", name).at("spec")).toEqual({
        ingressClassName: profile,
        tls: [{ secretName: "tls", hosts: ["chat.example.com"] }],
        rules: [
          {
            host: "chat.example.com",
            http: {
              paths: [{ path, pathType: "Prefix", backend: { service: { name: service, port: { name: "http" } } } }],
            },
          },
        ],
      });
      expect(get("Service", service).at("spec.selector")).toEqual(
        get("Deployment", "weir-gateway").at("spec.selector.matchLabels"),
      );
    }
  });

  test("gives affinity to /socket.io alone, by the cookie that gateways know", async () => {
    const rendered = await withIngress({ profile, cookieName: "route" });
    const { get } = rendered;
    const sticky = JSON.stringify([
      annotations(rendered, "weir-socketio"),
      get("Service", "weir-gateway-sticky").at("metadata"),
    ]);
    const free = JSON.stringify([
      annotations(rendered, "weir-websocket"),
      get("Service", "weir-gateway").at("metadata"),
    ]);
    const affinity = /affinity|sticky|cookie|stickiness/;
    expect(sticky).toMatch(affinity);
    expect(free).not.toMatch(affinity);
    expect(affinityCookie(rendered)).toBe(profile === "alb" ? "AWSALB" : "route");
    if (profile !== "alb") expect(sticky).toContain('"route"');
  });

  test("takes annotations of the user, which win", async () => {
    const rendered = await withIngress({
      profile,
      annotations: { "example.com/a": "b", [idle[profile] ?? ""]: "mine" },
    });
    for (const name of ["weir-websocket", "weir-socketio"]) {
      expect(annotations(rendered, name)).toMatchObject({ "example.com/a": "b", [idle[profile] ?? ""]: "mine" });
    }
  });
});

/** Where a profile says how long a connection without traffic may live; Traefik has no such time. */
const idle: Readonly<Record<string, string>> = {
  haproxy: "haproxy-ingress.github.io/timeout-tunnel",
  nginx: "nginx.ingress.kubernetes.io/proxy-read-timeout",
  alb: "alb.ingress.kubernetes.io/load-balancer-attributes",
  traefik: "example.com/none",
};

test.each([
  ["haproxy", "900s"],
  ["nginx", "900"],
  ["alb", "idle_timeout.timeout_seconds=900"],
])("the profile %s lets connections without traffic live as long as it is told", async (profile, expected) => {
  const rendered = await withIngress({ profile, idleSeconds: 900 });
  for (const name of ["weir-websocket", "weir-socketio"]) {
    expect(annotations(rendered, name)).toHaveProperty([idle[profile] ?? ""], expected);
  }
});

test.each(["nginx", "traefik"])("the cookie of %s has the path /, so that a gateway can end it", async (profile) => {
  const rendered = await withIngress({ profile });
  const all = {
    ...annotations(rendered, "weir-socketio"),
    ...fieldsOf(rendered.get("Service", "weir-gateway-sticky").at("metadata.annotations")),
  };
  const path = Object.entries(all).filter(([name]) => /cookie[.-]path$/.test(name));
  expect(path.map(([, value]) => value)).toEqual(["/"]);
});

test("HAProxy lets a gateway end its cookie", async () => {
  const rendered = await withIngress({ profile: "haproxy" });
  expect(annotations(rendered, "weir-socketio")).toHaveProperty(
    ["haproxy-ingress.github.io/session-cookie-preserve"],
    "true",
  );
});

test("an AWS balancer keeps its targets until a gateway has drained, and uses one balancer for both paths", async () => {
  const rendered = await withIngress({ profile: "alb" }, { gateway: { drain: { windowSeconds: 100 } } });
  const both = ["weir-websocket", "weir-socketio"].map((name) => annotations(rendered, name));
  for (const found of both) {
    expect(found["alb.ingress.kubernetes.io/target-group-attributes"]).toContain(
      "deregistration_delay.timeout_seconds=135",
    );
  }
  expect(new Set(both.map((found) => found["alb.ingress.kubernetes.io/group.name"])).size).toBe(1);
});

describe("the profile gateway", () => {
  const parentRefs = [{ name: "public", namespace: "gateways" }];

  test("is one route with a rule for each path", async () => {
    const { get } = await withIngress({ profile: "gateway", host: "chat.example.com", gateway: { parentRefs } });
    expect(get("HTTPRoute", "weir-gateway").at("spec")).toEqual({
      parentRefs,
      hostnames: ["chat.example.com"],
      rules: [
        {
          matches: [{ path: { type: "PathPrefix", value: "/rt" } }],
          backendRefs: [{ name: "weir-gateway", port: 3000 }],
        },
        {
          matches: [{ path: { type: "PathPrefix", value: "/socket.io" } }],
          backendRefs: [{ name: "weir-gateway-sticky", port: 3000 }],
        },
      ],
    });
  });

  test("passes time-outs to both rules, affinity to /socket.io alone, and says nothing of either by itself", async () => {
    const [sessionPersistence, timeouts] = [{ sessionName: "c" }, { request: "0s" }];
    const rendered = await withIngress({
      profile: "gateway",
      cookieName: "c",
      gateway: { parentRefs, sessionPersistence, timeouts },
    });
    const route = rendered.get("HTTPRoute", "weir-gateway");
    expect(route.at("spec.rules.0")).toMatchObject({ timeouts });
    expect(route.at("spec.rules.0")).not.toHaveProperty("sessionPersistence");
    expect(route.at("spec.rules.1")).toMatchObject({ timeouts, sessionPersistence });
    expect(affinityCookie(rendered)).toBe("c");
    expect(affinityCookie(await withIngress({ profile: "gateway", gateway: { parentRefs } }))).toBeUndefined();
  });
});
