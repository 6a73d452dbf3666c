import { beforeAll, describe, expect, test } from "vitest";
import { environmentName, settingCatalogue } from "../../src/config/index.ts";
import { fieldsOf, isRecord, listAt, pick, type Rendered, renderChart } from "../harness/chart.ts";
import { matrix, matrixFile } from "../harness/chart-matrix.ts";
import { podTemplates } from "../harness/chart-pods.ts";
import { foreignErrors } from "../harness/foreign-kinds.ts";
import { helm } from "../harness/helm.ts";
import { typeErrors, typeOf } from "../harness/strict-types.ts";

const knownNames = new Set(
  Object.keys(settingCatalogue)
    .map(environmentName)
    .flatMap((name) => [name, `${name}_FILE`]),
);

function errorsOf({ manifests }: Rendered): readonly string[] {
  return manifests.flatMap((manifest) => {
    const type = typeOf(manifest);
    const errors = type === undefined ? foreignErrors(manifest) : typeErrors(manifest.object, type);
    return errors.map((error) => `${manifest.kind}/${manifest.name} ${error}`);
  });
}

/** Why a pod would be refused by the `restricted` pod security standard. */
function insecurities(spec: unknown): readonly string[] {
  const pod = pick(spec, "securityContext");
  const wrong = [
    pick(pod, "runAsNonRoot") === true ? [] : ["may run as root"],
    pick(pod, "seccompProfile.type") === "RuntimeDefault" ? [] : ["has no seccomp profile"],
    ["hostNetwork", "hostPID", "hostIPC"].filter((name) => pick(spec, name) === true),
    listAt(spec, "containers").flatMap((container) => [
      ...(pick(container, "securityContext.allowPrivilegeEscalation") === false ? [] : ["may gain privileges"]),
      ...(pick(container, "securityContext.readOnlyRootFilesystem") === true ? [] : ["may write to its root"]),
      ...(listAt(container, "securityContext.capabilities.drop").includes("ALL") ? [] : ["keeps capabilities"]),
      ...(listAt(container, "ports").some((port) => pick(port, "hostPort") !== undefined) ? ["takes a host port"] : []),
    ]),
    listAt(spec, "volumes").some((volume) => pick(volume, "hostPath") !== undefined) ? ["mounts the host"] : [],
  ];
  return wrong.flat();
}

describe.each(matrix)("with the values of ci/%s", (file) => {
  const files = [matrixFile(file)];
  let rendered: Rendered;
  beforeAll(async () => {
    rendered = await renderChart({ files });
  });

  test("helm lint finds nothing", async () => {
    const said = await helm(["lint", "--strict", "charts/weir", "--values", ...files]);
    expect(said).toContain("0 chart(s) failed");
  });

  test("every manifest has only fields and types that the API knows", () => {
    expect(errorsOf(rendered)).toEqual([]);
  });

  test("pods fit into a namespace under the restricted standard, and get no service links", () => {
    const pods = podTemplates(rendered.manifests);
    expect(pods.length).toBeGreaterThan(2);
    expect(pods.flatMap(({ owner, spec }) => insecurities(spec).map((why) => `${owner} ${why}`))).toEqual([]);
    expect(pods.filter(({ spec }) => pick(spec, "enableServiceLinks") !== false)).toEqual([]);
  });

  test("every WEIR_ name is a setting, and no container has a name twice", () => {
    const pods = podTemplates(rendered.manifests);
    const containers = pods.flatMap(({ spec }) => listAt(spec, "containers"));
    for (const container of containers) {
      const names = listAt(container, "env").map((variable) => String(pick(variable, "name")));
      expect(names.filter((variable) => variable.startsWith("WEIR_") && !knownNames.has(variable))).toEqual([]);
      expect(names).toHaveLength(new Set(names).size);
    }
  });

  test("selectors select the pods that they are about, and mounts have their volumes", () => {
    const { manifests } = rendered;
    for (const { owner, metadata, spec } of podTemplates(manifests)) {
      const object = manifests.find(({ kind, name }) => `${kind}/${name}` === owner);
      const selected = object?.at("spec.selector.matchLabels") ?? {};
      expect(pick(metadata, "labels")).toMatchObject(isRecord(selected) ? selected : {});
      const claims = listAt(object?.object, "spec.volumeClaimTemplates").map((claim) => pick(claim, "metadata.name"));
      const volumes = [...listAt(spec, "volumes").map((volume) => pick(volume, "name")), ...claims];
      const mounts = listAt(spec, "containers.0.volumeMounts").map((mount) => pick(mount, "name"));
      expect(mounts.filter((mount) => !volumes.includes(mount))).toEqual([]);
      expect(volumes.filter((volume) => !mounts.includes(volume))).toEqual([]);
    }
  });

  test("every reference to a Service, account or Secret of the chart leads to one", () => {
    const made = new Set(rendered.names());
    const accounts = podTemplates(rendered.manifests).map(({ spec }) => pick(spec, "serviceAccountName"));
    const named = accounts.filter((name) => typeof name === "string").map((account) => `ServiceAccount/${account}`);
    const backends = rendered.manifests
      .filter(({ kind }) => kind === "Ingress")
      .map(({ at }) => `Service/${String(at("spec.rules.0.http.paths.0.backend.service.name"))}`);
    expect([...named, ...backends].filter((reference) => !made.has(reference))).toEqual([]);
  });
});

test("the checks of this file find what they are for", async () => {
  const { get } = await renderChart();
  const deployment = structuredClone(get("Deployment", "weir-gateway").object);
  const spec = pick(deployment, "spec.template.spec");
  const planted = { ...deployment, spec: { template: { spec: { ...fieldsOf(spec), imag: 1, nodeName: 2 } } } };
  expect(typeErrors(planted, "V1Deployment")).toEqual([
    "spec.template.spec.imag: unknown",
    "spec.template.spec.nodeName: not a string",
  ]);
  expect(insecurities({ containers: [{}], volumes: [{ hostPath: {} }] })).toHaveLength(6);
});
