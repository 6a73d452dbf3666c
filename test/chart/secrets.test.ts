import { describe, expect, test } from "vitest";
import { fieldsOf, listAt, type Manifest, pick, renderChart } from "../harness/chart.ts";
import { environmentOf } from "../harness/chart-pods.ts";

/** Which key of which Secret is which file, such as `weir-jwt/jwt-secret → jwt-secret`. */
function filesOf(deployment: Manifest): readonly string[] {
  const volumes = listAt(deployment.object, "spec.template.spec.volumes");
  return volumes
    .flatMap((volume) => listAt(volume, "projected.sources"))
    .map((source) => pick(source, "secret"))
    .map((secret) => ["name", "items.0.key", "items.0.path"].map((path) => String(pick(secret, path))))
    .map(([name, key, path]) => `${name}/${key} → ${path}`);
}

function decoded(secret: Manifest, key: string): string {
  return Buffer.from(String(fieldsOf(secret.at("data"))[key]), "base64").toString();
}

test("URLs and keys reach the roles as files, never in the environment or the arguments", async () => {
  const { get } = await renderChart();
  const gateway = get("Deployment", "weir-gateway");
  expect(filesOf(gateway)).toEqual([
    "weir-stores/redis-url → redis-url",
    "weir-stores/mongodb-url → mongodb-url",
    "weir-jwt/jwt-secret → jwt-secret",
  ]);
  const env = environmentOf(gateway);
  expect([env.get("WEIR_REDIS_URL_FILE"), env.get("WEIR_MONGODB_URL_FILE"), env.get("WEIR_JWT_SECRET_FILE")]).toEqual([
    "/run/weir/redis-url",
    "/run/weir/mongodb-url",
    "/run/weir/jwt-secret",
  ]);
});

test("a flusher is not given the key of tokens", async () => {
  const { get } = await renderChart();
  expect(filesOf(get("Deployment", "weir-flusher"))).not.toContain("weir-jwt/jwt-secret → jwt-secret");
  expect(environmentOf(get("Deployment", "weir-flusher")).has("WEIR_JWT_SECRET_FILE")).toBe(false);
});

test("with Secrets of the user the chart makes none", async () => {
  const { get, names } = await renderChart({
    values: {
      redis: { existingSecret: "r", existingSecretKey: "a" },
      mongodb: { existingSecret: "m", existingSecretKey: "b" },
      auth: { existingSecret: "j", existingSecretKey: "c" },
    },
  });
  expect(filesOf(get("Deployment", "weir-gateway"))).toEqual([
    "r/a → redis-url",
    "m/b → mongodb-url",
    "j/c → jwt-secret",
  ]);
  expect(names().filter((name) => /^Secret|demo/.test(name))).toEqual([]);
});

test("a URL that is a value goes into the chart's Secret", async () => {
  const { get } = await renderChart({ values: { redis: { url: "redis://one:6379" } } });
  expect(decoded(get("Secret", "weir-stores"), "redis-url")).toBe("redis://one:6379");
});

test("gateways and the controller have a MongoDB user of their own where one is given, and the flusher keeps its", async () => {
  const gateway = { url: "mongodb://reader:a@m/weir" };
  const { get } = await renderChart({ values: { mongodb: { url: "mongodb://writer:b@m/weir", gateway } } });
  expect(decoded(get("Secret", "weir-stores"), "mongodb-gateway-url")).toBe(gateway.url);
  for (const name of ["weir-gateway", "weir-controller"]) {
    expect(filesOf(get("Deployment", name))[1]).toBe("weir-stores/mongodb-gateway-url → mongodb-url");
  }
  expect(filesOf(get("Deployment", "weir-flusher"))[1]).toBe("weir-stores/mongodb-url → mongodb-url");
});

test("the MongoDB user of gateways may be in a Secret of the user, beside or without one of the flusher", async () => {
  const gateway = { existingSecret: "reader", existingSecretKey: "url" };
  for (const own of [{ existingSecret: "writer" }, {}]) {
    const { get } = await renderChart({ values: { mongodb: { ...own, gateway } } });
    expect(filesOf(get("Deployment", "weir-gateway"))[1]).toBe("reader/url → mongodb-url");
    expect(filesOf(get("Deployment", "weir-flusher"))[1]).toMatch(/^(writer|weir-stores)\/mongodb-url/);
  }
});

describe("the key of tokens", () => {
  test("is made at the first install, long enough", async () => {
    const { get } = await renderChart();
    expect(decoded(get("Secret", "weir-jwt"), "jwt-secret").length).toBeGreaterThanOrEqual(32);
  });

  test("does not by itself replace pods: what is made anew in each rendering is in no annotation", async () => {
    const annotations = async () =>
      (await renderChart({ fresh: true })).get("Deployment", "weir-gateway").at("spec.template.metadata.annotations");
    expect(await annotations()).toEqual(await annotations());
  });

  test("is never made anew by an upgrade", async () => {
    await expect(renderChart({ upgrade: true })).rejects.toThrow("would refuse every user: set auth.existingSecret");
  });

  test("is what the values say, also in an upgrade", async () => {
    const jwtSecret = "0123456789abcdef0123456789abcdef";
    const { get } = await renderChart({ upgrade: true, values: { auth: { jwtSecret } } });
    expect(decoded(get("Secret", "weir-jwt"), "jwt-secret")).toBe(jwtSecret);
  });

  test("is not made where public keys do", async () => {
    const { get, names } = await renderChart({ values: { auth: { jwksUrl: "https://id.example.com/keys" } } });
    expect(names()).not.toContain("Secret/weir-jwt");
    expect(environmentOf(get("Deployment", "weir-gateway")).get("WEIR_JWKS_URL")).toBe("https://id.example.com/keys");
  });
});

describe("helm test", () => {
  const hook = "helm.sh/hook";

  test("probes the Service with a token that it signs itself", async () => {
    const { get } = await renderChart();
    const pod = get("Pod", "weir-test");
    expect(pod.at("metadata.annotations")).toHaveProperty([hook], "test");
    expect(pod.at("spec.containers.0.args")).toEqual([
      "probe",
      "--url",
      "http://weir-gateway:3000",
      "--timeout",
      "30s",
    ]);
    expect(pod.at("spec.volumes.0.projected.sources")).toHaveLength(1);
  });

  test("takes a token of the user where tokens are signed elsewhere, and is left out where there is none", async () => {
    const auth = { publicKey: "-----BEGIN PUBLIC KEY-----" };
    const { get } = await renderChart({ values: { auth, test: { tokenSecret: "t", tokenSecretKey: "k" } } });
    const pod = get("Pod", "weir-test");
    expect(pod.at("spec.containers.0.env")).toEqual([
      { name: "TOKEN", valueFrom: { secretKeyRef: { name: "t", key: "k" } } },
    ]);
    expect(pod.at("spec.volumes")).toBeUndefined();
    expect((await renderChart({ values: { auth } })).names()).not.toContain("Pod/weir-test");
  });
});
