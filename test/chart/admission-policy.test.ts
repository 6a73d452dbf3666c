import { expect, test } from "vitest";
import { deletionCostAnnotation } from "../../src/controller/platform/gateway-pod.ts";
import { fieldsOf, listAt, pick, renderChart } from "../harness/chart.ts";

/* What the API server makes of the expressions is tried on a cluster: test/cluster/admission-policy.test.ts. */

const policy = "ValidatingAdmissionPolicy";
const name = "chat-weir-controller-pods";

test("a policy denies what the controller would do to pods beyond its one annotation, and is in force", async () => {
  const { get } = await renderChart();
  const { failurePolicy, validations } = fieldsOf(get(policy, name).at("spec"));
  expect(failurePolicy).toBe("Fail");
  expect(JSON.stringify(validations)).toContain(deletionCostAnnotation);
  expect(get(`${policy}Binding`, name).at("spec")).toEqual({
    policyName: name,
    validationActions: ["Deny"],
    matchResources: { namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "chat" } } },
  });
});

test("the policy is about the controller's own account, and about gateways as the controller selects them", async () => {
  const { get } = await renderChart({ release: "prod", namespace: "talk" });
  const { object } = get(policy, "talk-prod-weir-controller-pods");
  expect(pick(object, "spec.matchConditions.0.expression")).toBe(
    'request.userInfo.username == "system:serviceaccount:" + request.namespace + ":prod-weir-controller"',
  );
  const labels = Object.entries(fieldsOf(get("Deployment", "prod-weir-gateway").at("spec.selector.matchLabels")));
  const expressions = listAt(object, "spec.validations").map((validation) => String(pick(validation, "expression")));
  expect(labels).toHaveLength(3);
  for (const [label, value] of labels) {
    expect(expressions[1]).toContain(`variables.labels[?"${label}"].orValue("") == "${String(value)}"`);
  }
});

test.each([{ enabled: false }, { admissionPolicy: false }])("there is none with %j", async (controller) => {
  const { names } = await renderChart({ values: { controller } });
  expect(names().filter((made) => made.startsWith(policy))).toEqual([]);
});
