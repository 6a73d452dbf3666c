import { expect, test } from "vitest";
import { controllerRules } from "../../src/controller/rbac.ts";
import { renderChart } from "../harness/chart.ts";

test.each(["weir", "prod"])("release %s lets the controller do what it does, and nothing else", async (release) => {
  const chart = await renderChart({ release });
  const name = release === "weir" ? "weir" : `${release}-weir`;
  const role = chart.get("Role", `${name}-controller`);
  const names = { platform: name, controllerLease: `${name}-controller` };
  expect(role.at("rules")).toEqual(controllerRules(names));
});

test("nothing lets the controller do more in the whole cluster, where it serves no metrics", async () => {
  const chart = await renderChart({ values: { customMetrics: { enabled: false } } });
  expect(chart.names().filter((name) => name.startsWith("ClusterRole"))).toEqual([]);
});
