import { afterAll, beforeAll, expect, test } from "vitest";
import { withVariables } from "../../dashboards/src/expression.ts";
import { startFakeKubeApi } from "../harness/fake-kube-api.ts";
import { freePort } from "../harness/free-port.ts";
import { cataloguedFor, familiesOf } from "../harness/metric-families.ts";
import { filled, type Prometheus, startPrometheus } from "../harness/prometheus.ts";
import { startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { allPanels, rulesText } from "../harness/watched.ts";
import { WeirProcess } from "../harness/weir-process.ts";

/* A controller over an API server of the harness, two gateway pods of which one says nothing, and a real Prometheus. */

const namespace = "chat";
const resources = new AsyncDisposableStack();
let controller: WeirProcess;
let prometheus: Prometheus;

beforeAll(async () => {
  const kube = resources.use(await startFakeKubeApi());
  const redis = resources.use(await startRedisServer());
  const platforms = { group: "weir.chat", version: "v1alpha1", plural: "chatplatforms", namespace };
  kube.store.create(platforms, {
    apiVersion: "weir.chat/v1alpha1",
    kind: "ChatPlatform",
    metadata: { name: "weir" },
    spec: { gatewayCapacity: 1_000 },
  });
  for (const name of ["gw-a", "gw-b"]) {
    kube.store.create(
      { group: "", version: "v1", plural: "pods", namespace },
      {
        apiVersion: "v1",
        kind: "Pod",
        metadata: { name, labels: { app: "weir" } },
        status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
      },
    );
  }
  const env = {
    WEIR_REDIS_URL: redis.url,
    WEIR_MONGODB_URL: `mongodb://127.0.0.1:${await freePort()}/weir`,
    WEIR_KUBECONFIG: kube.kubeconfig,
    WEIR_NAMESPACE: namespace,
    WEIR_POD_NAME: "controller-a",
    WEIR_GATEWAY_SELECTOR: "app=weir",
  };
  controller = resources.use(await WeirProcess.start({ role: "controller", env }));
  prometheus = resources.use(
    await startPrometheus({ targets: [`127.0.0.1:${controller.opsPort}`], rules: rulesText() }),
  );
});

afterAll(() => resources.disposeAsync());

const panels = allPanels().filter(({ panel }) => panel.from === "a controller");

test.each(panels.map(({ panel }) => panel))(
  "the controller's panel $title has data, all of its queries",
  async ({ targets }) => {
    for (const { expr } of targets) {
      const asked = filled(withVariables(expr));
      const hasData = async (): Promise<boolean> =>
        (await prometheus.query(asked)).some(({ value }) => Number.isFinite(value));
      await until(hasData, { within: 45_000, every: 250 }).catch((cause: unknown) => {
        throw new Error(`no data for ${asked}`, { cause });
      });
    }
  },
);

test("a controller serves all that the catalogue says it does, and nothing else", async () => {
  const families = await familiesOf(controller);
  expect(families.map(({ name, kind }) => ({ name, kind }))).toEqual(cataloguedFor(["controller"]));
  expect(families.filter(({ samples }) => samples === 0)).toEqual([]);
});
