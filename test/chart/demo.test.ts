import { describe, expect, test } from "vitest";
import { fieldsOf, listAt, renderChart } from "../harness/chart.ts";

const container = "spec.template.spec.containers.0";

test("without stores of the user a Redis and a MongoDB are started, and say that they are demos", async () => {
  const { names } = await renderChart();
  expect(names().filter((name) => name.startsWith("StatefulSet"))).toEqual([
    "StatefulSet/weir-mongodb-demo",
    "StatefulSet/weir-redis-demo",
  ]);
});

test("one store of the user's leaves the other's demo", async () => {
  const { names } = await renderChart({ values: { redis: { url: "redis://mine:6379" } } });
  expect(names().filter((name) => name.includes("demo"))).toEqual([
    "NetworkPolicy/weir-mongodb-demo",
    "Service/weir-mongodb-demo",
    "StatefulSet/weir-mongodb-demo",
  ]);
});

test("the Redis writes an append-only file, never evicts, and lets nobody do more than Weir needs", async () => {
  const { get } = await renderChart();
  const args = listAt(get("StatefulSet", "weir-redis-demo").object, `${container}.args`).join(" ");
  expect(args).toContain("--appendonly yes");
  expect(args).toContain("--maxmemory-policy noeviction");
  expect(args).toContain("--aclfile /etc/redis/users.acl");
  const users = fieldsOf(get("ConfigMap", "weir-redis-demo").at("data"))["users.acl"];
  expect(users).toMatch(/^user default on nopass ~weir:\* &weir:\* -@all .*-@dangerous/);
});

test("the MongoDB is a replica set of one, and counts as started when it takes writes", async () => {
  const { get } = await renderChart();
  const set = get("StatefulSet", "weir-mongodb-demo");
  expect(listAt(set.object, `${container}.args`)).toContain("--replSet");
  expect(listAt(set.object, `${container}.startupProbe.exec.command`).join(" ")).toContain("isWritablePrimary");
});

describe.each(["redis", "mongodb"])("the data of %s", (store) => {
  const name = `weir-${store}-demo`;

  test("goes with the pod unless it is told to stay", async () => {
    const { get } = await renderChart();
    expect(listAt(get("StatefulSet", name).object, "spec.template.spec.volumes")).toContainEqual({
      name: "data",
      emptyDir: {},
    });
  });

  test.each([
    [null, undefined],
    ["", ""],
    ["fast", "fast"],
  ])("is in a claim of the class %j", async (storageClass, expected) => {
    const persistence = { enabled: true, size: "3Gi", storageClass };
    const { get } = await renderChart({ values: { demo: { [store]: { persistence } } } });
    const set = get("StatefulSet", name);
    expect(set.at("spec.volumeClaimTemplates.0.spec")).toEqual({
      accessModes: ["ReadWriteOnce"],
      resources: { requests: { storage: "3Gi" } },
      ...(expected === undefined ? {} : { storageClassName: expected }),
    });
    expect(listAt(set.object, "spec.template.spec.volumes")).not.toContainEqual({ name: "data", emptyDir: {} });
  });
});
