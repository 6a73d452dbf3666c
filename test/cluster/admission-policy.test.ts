import { randomInt } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { deletionCostAnnotation as cost } from "../../src/controller/platform/gateway-pod.ts";
import { pick, renderChart } from "../harness/chart.ts";
import { apply, kubectl } from "../harness/cluster-kubectl.ts";
import { until } from "../harness/until.ts";

const namespace = `weir-admission-${randomInt(1_000_000_000)}`;
const asController = `--as=system:serviceaccount:${namespace}:weir-controller`;
const policy = `${namespace}-weir-controller-pods`;

/** What is the controller's in the cluster, and a pod of each of two components, which no node takes. */
beforeAll(async () => {
  const { get, manifests } = await renderChart({ namespace });
  const ofController = manifests.filter(({ name }) => name === policy || name === "weir-controller");
  const rights = ofController.filter(({ kind }) => /^(Role|ServiceAccount|ValidatingAdmission)/.test(kind));
  await kubectl(["create", "namespace", namespace]);
  const pods = ["gateway", "flusher"].map((component) => ({
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name: component,
      namespace,
      labels: get("Deployment", `weir-${component}`).at("spec.selector.matchLabels"),
      annotations: { kept: "as it is" },
    },
    spec: { schedulingGates: [{ name: "weir.chat/never" }], containers: [{ name: "weir", image: "weir" }] },
  }));
  await apply(...rights.map(({ object }) => object), ...pods);
  // kubectl reads what it patches, which the controller may not.
  const account = `--serviceaccount=${namespace}:weir-controller`;
  await kubectl(["--namespace", namespace, "create", "rolebinding", "reads", "--clusterrole=view", account]);
  // A policy is in force a moment after it was made.
  const isInForce = async () => (await tried("gateway", { metadata: { labels: { a: "b" } } })).includes(policy);
  await until(isInForce, { within: 30_000, every: 200 });
  return async () => {
    await kubectl(["delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", policy]);
    await kubectl(["delete", "namespace", namespace, "--wait=false"]);
  };
});

/** What becomes of a patch of the controller's that nothing keeps: `taken`, or why it is denied. */
async function tried(pod: string, patch: object): Promise<string> {
  const what = ["patch", "pod", pod, "--dry-run=server", "--type=strategic", `--patch=${JSON.stringify(patch)}`];
  return await kubectl(["--namespace", namespace, asController, ...what]).then(
    () => "taken",
    (error: unknown) => String(error),
  );
}

test("the API server finds nothing wrong with the types in the policy's expressions", async () => {
  const status = async (): Promise<unknown> =>
    pick(JSON.parse(await kubectl(["get", "validatingadmissionpolicy", policy, "-o=json"])), "status");
  await until(async () => pick(await status(), "observedGeneration") === 1, { within: 30_000, every: 200 });
  expect(pick(await status(), "typeChecking.expressionWarnings")).toBeUndefined();
});

test("the controller sets and removes the cost of deleting a gateway", async () => {
  expect(await tried("gateway", { metadata: { annotations: { [cost]: "7" } } })).toBe("taken");
  expect(await tried("gateway", { metadata: { annotations: { [cost]: null } } })).toBe("taken");
});

test("the controller marks a gateway as it does: by server-side apply, as the owner of the annotation alone", async () => {
  const metadata = { name: "gateway", namespace, annotations: { [cost]: "7" } };
  const how = ["--server-side", "--dry-run=server", "--field-manager=weir-deletion-cost", asController];
  const marked = await kubectl(
    ["apply", ...how, "-f", "-"],
    JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata }),
  );
  expect(marked).toContain("serverside-applied");
});

test.each<readonly [string, object, string]>([
  ["another annotation", { metadata: { annotations: { [cost]: "7", other: "x" } } }, "no annotation of a pod but"],
  ["a label", { metadata: { labels: { "app.kubernetes.io/component": "x" } } }, "nothing of a pod but"],
  ["an annotation that is there", { metadata: { annotations: { kept: "not" } } }, "no annotation of a pod but"],
  ["an annotation away", { metadata: { annotations: { kept: null } } }, "no annotation of a pod but"],
  ["a finalizer", { metadata: { finalizers: ["weir.chat/x"] } }, "nothing of a pod but"],
  ["the image", { spec: { containers: [{ name: "weir", image: "another" }] } }, "nothing of a pod but"],
])("the controller can't change %s of a gateway", async (_what, patch, why) => {
  expect(await tried("gateway", patch)).toContain(why);
});

test("the controller can't mark a pod that is no gateway", async () => {
  const denied = await tried("flusher", { metadata: { annotations: { [cost]: "7" } } });
  expect(denied).toContain("gateways of its own release alone");
});

test("the policy holds nobody else: an administrator labels a pod", async () => {
  const args = ["label", "pod", "gateway", "--dry-run=server", "a=b"];
  expect(await kubectl(["--namespace", namespace, ...args])).toContain("labeled");
});
