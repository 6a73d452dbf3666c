import { globSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { chartOwned, documentedValues, valueAt } from "../../scripts/chart-docs.ts";
import { settingCatalogue } from "../../src/config/index.ts";
import { chartFolder, fieldsOf, isRecord, type Rendered, renderChart, type Values } from "../harness/chart.ts";
import { matrixFile } from "../harness/chart-matrix.ts";

const text = readFileSync(`${chartFolder}/values.yaml`, "utf8");
const values: unknown = parse(text);
const rows = documentedValues(text);

/** Paths of everything below that is no map, or an empty one. */
function leaves(value: unknown, path = ""): readonly string[] {
  if (!isRecord(value) || Array.isArray(value) || Object.keys(value).length === 0) return [path];
  return Object.entries(value).flatMap(([key, child]) => leaves(child, path === "" ? key : `${path}.${key}`));
}

/** In which values of ci a value matters, by the longest beginning of its path. */
const bases: Readonly<Record<string, string>> = {
  "": "default",
  "auth.existingSecretKey": "production",
  autoscaling: "production",
  "autoscaling.keda": "keda-traefik",
  "customMetrics.tls": "gateway-api",
  "demo.mongodb": "gateway-api",
  "demo.redis": "gateway-api",
  ingress: "production",
  "ingress.gateway": "gateway-api",
  "mongodb.existingSecretKey": "production",
  "mongodb.gateway.existingSecretKey": "production",
  monitoring: "dashboards",
  "monitoring.serviceMonitor": "keda-traefik",
  networkPolicies: "production",
  "networkPolicies.keySet": "keda-traefik",
  "redis.existingSecretKey": "production",
  test: "keda-traefik",
};

/** Other values, where not any text will do, or where it can't be found again as it is. */
const others: Readonly<Record<string, unknown>> = {
  "auth.jwksUrl": "https://id.example.com/other",
  "auth.jwtSecret": "0123456789abcdef0123456789abcdef",
  "autoscaling.behavior": { scaleUp: { stabilizationWindowSeconds: 7 } },
  "autoscaling.keda.serverAddress": "http://other:9090",
  "autoscaling.mode": "none",
  "demo.mongodb.persistence.size": "9Gi",
  "demo.redis.persistence.size": "9Gi",
  "customMetrics.tls.caBundle": "other",
  extraEnv: [{ name: "A", value: "b" }],
  extraVolumeMounts: [{ name: "tmp", mountPath: "/a" }],
  extraVolumes: [{ name: "a", emptyDir: {} }],
  "gateway.drain.maxGraceSeconds": 40,
  "gateway.service.type": "NodePort",
  "image.digest": `sha256:${"a".repeat(64)}`,
  "image.pullPolicy": "Always",
  imagePullSecrets: ["other"],
  "ingress.gateway.parentRefs": [{ name: "other" }],
  "ingress.profile": "nginx",
  "mongodb.gateway.url": "mongodb://other/weir",
  "mongodb.url": "mongodb://other/weir",
  "monitoring.podMonitor.interval": "7s",
  "monitoring.serviceMonitor.interval": "7s",
  "networkPolicies.apiServerPorts": [7],
  "networkPolicies.dnsPorts": [7],
  "networkPolicies.mongodbPorts": [7],
  "networkPolicies.redisPorts": [7],
  "redis.url": "redis://other",
  "demo.mongodb.resources": { requests: { cpu: "7" } },
  "demo.redis.resources": { requests: { cpu: "7" } },
  "gateway.resources": { requests: { cpu: "7" } },
  "flusher.resources": { requests: { cpu: "7" } },
  "controller.resources": { requests: { cpu: "7" } },
  settings: { WEIR_RATE_USER: 7 },
};

function baseOf(path: string): string {
  const parts = path.split(".");
  const beginnings = parts.map((_, i) => parts.slice(0, parts.length - i).join("."));
  return bases[beginnings.find((beginning) => beginning in bases) ?? ""] ?? "default";
}

/** What a value is in its base. */
function standing(path: string): unknown {
  const base: unknown = parse(readFileSync(matrixFile(baseOf(path)), "utf8"));
  return valueAt(base, path) ?? valueAt(values, path);
}

/** A word that is nowhere else, for values that may be any text, or hold some. */
function word(path: string): string {
  return `x-${path.replaceAll(".", "-").toLowerCase()}-x`;
}

function other(path: string): unknown {
  const now = standing(path);
  if (path in others) return others[path];
  if (typeof now === "boolean") return !now;
  if (typeof now === "number") return now + 1;
  if (Array.isArray(now)) return [{ key: word(path) }];
  return isRecord(now) ? { [word(path)]: word(path) } : word(path);
}

/** `a.b` and a value as values that say so. */
function nested(path: string, value: unknown): Values {
  const [key = "", ...rest] = path.split(".");
  return { [key]: rest.length === 0 ? value : nested(rest.join("."), value) };
}

describe("each value", () => {
  test("is explained, and nothing else is", () => {
    const explained = rows.map(({ path }) => path);
    const isExplained = (leaf: string): boolean =>
      explained.some((path) => leaf === path || leaf.startsWith(`${path}.`));
    expect(leaves(values).filter((leaf) => !isExplained(leaf))).toEqual([]);
    expect(explained.filter((path) => valueAt(values, path) === undefined)).toEqual([]);
    expect(rows.filter(({ section, meaning }) => section === "" || !/[.`]$/.test(meaning))).toEqual([]);
  });

  test("that stands for a setting of its own stands for one that there is", () => {
    expect([...chartOwned].filter((name) => !(name in settingCatalogue))).toEqual([]);
  });

  test("that a template reads is there", () => {
    const templates = globSync(`${chartFolder}/templates/**/*`, { withFileTypes: true }).filter((file) =>
      file.isFile(),
    );
    const sources = templates.map((file) => readFileSync(`${file.parentPath}/${file.name}`, "utf8"));
    const read = sources.flatMap((source) =>
      [...source.matchAll(/\.Values\.([A-Za-z.]*[A-Za-z])/g)].map((m) => m[1] ?? ""),
    );
    expect(read.length).toBeGreaterThan(100);
    expect(read.filter((path) => valueAt(values, path) === undefined)).toEqual([]);
  });
});

describe("the schema", () => {
  const schema: unknown = JSON.parse(readFileSync(`${chartFolder}/values.schema.json`, "utf8"));

  /** Every object of a schema that names its fields, by path. */
  const objects = (part: unknown, path: string): readonly (readonly [string, unknown])[] => {
    if (!isRecord(part)) return [];
    const own = isRecord(part["properties"]) ? [[path, part] as const] : [];
    return [...own, ...Object.entries(part).flatMap(([key, child]) => objects(child, `${path}/${key}`))];
  };

  test("has every value, and takes no field that it does not name", () => {
    expect(objects(schema, "").length).toBeGreaterThan(20);
    const isOpen = (part: unknown): boolean => valueAt(part, "additionalProperties") !== false;
    expect(
      objects(schema, "")
        .filter(([, part]) => isOpen(part))
        .map(([path]) => path),
    ).toEqual([]);
    const isNamed = (path: string): boolean => {
      const parent = path
        .split(".")
        .slice(0, -1)
        .map((key) => `properties.${key}`)
        .join(".");
      const fields = parent === "" ? schema : valueAt(schema, parent);
      return valueAt(fields, `properties.${path.split(".").at(-1)}`) !== undefined;
    };
    expect(rows.map(({ path }) => path).filter((path) => !isNamed(path))).toEqual([]);
  });
});

describe("each value is used:", () => {
  const render = async (base: string, changed: Values): Promise<string> => {
    const files = [matrixFile(base)];
    return content(await renderChart({ files, values: changed }));
  };
  const unchanged = Object.groupBy(Object.values(bases), (base) => base);
  const before = new Map(Object.keys(unchanged).map((base) => [base, render(base, {})] as const));
  const alone = rows.map(({ path }) => path).filter((path) => !isText(path));
  const texts = Object.groupBy(rows.map(({ path }) => path).filter(isText), baseOf);

  test.concurrent.each(alone)("another %s makes something else", async (path) => {
    const changed = await render(baseOf(path), nested(path, other(path))).catch(refusal);
    expect(changed).not.toBe(await before.get(baseOf(path)));
  });

  test.concurrent.each(Object.entries(texts))(
    "texts among the values of ci/%s are in what is made",
    async (base, paths = []) => {
      const made = await render(
        base,
        paths.reduce<Values>((all, path) => merge(all, nested(path, other(path))), {}),
      );
      expect(paths.filter((path) => !made.includes(word(path)))).toEqual([]);
    },
  );
});

/** Whether a value holds text of any kind, so that it can be found again. */
function isText(path: string): boolean {
  return !(path in others) && !["boolean", "number"].includes(typeof standing(path));
}

/** What the chart made, without what it makes anew each time. */
function content({ manifests }: Rendered): string {
  const ownAuthority = manifests.some(({ kind, name }) => `${kind}/${name}` === "Secret/weir-custom-metrics");
  return JSON.stringify(
    manifests.map(({ object, kind, name }) => {
      if (kind === "APIService" && ownAuthority)
        return { ...object, spec: { ...fieldsOf(object["spec"]), caBundle: "" } };
      return isMadeAnew(`${kind}/${name}`, fieldsOf(object["data"])) ? { ...object, data: {} } : object;
    }),
  );
}

/** A key of tokens that the chart made has 48 letters and digits; those of this test have others. */
function isMadeAnew(id: string, data: Readonly<Record<string, unknown>>): boolean {
  const key = Buffer.from(String(data["jwt-secret"]), "base64").toString();
  return id === "Secret/weir-custom-metrics" || (id === "Secret/weir-jwt" && /^[A-Za-z0-9]{48}$/.test(key));
}

/** A refusal by the chart is a use of a value; one by the schema says that this test has a wrong value. */
function refusal(error: unknown): string {
  const said = String(error);
  if (!said.includes("execution error") || said.includes("schema")) throw error;
  return said;
}

function merge(below: Values, above: Values): Values {
  const both = Object.entries(above).map(([key, value]) => {
    const under = below[key];
    return [key, isRecord(under) && isRecord(value) && !Array.isArray(value) ? merge(under, value) : value] as const;
  });
  return { ...below, ...Object.fromEntries(both) };
}
