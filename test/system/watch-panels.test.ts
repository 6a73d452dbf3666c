import { afterAll, beforeAll, expect, test } from "vitest";
import { boards } from "../../dashboards/src/boards.ts";
import { buildBoard } from "../../dashboards/src/build-board.ts";
import { withVariables } from "../../dashboards/src/expression.ts";
import { metricCatalogue } from "../../src/telemetry/metric-catalogue.ts";
import type { Emitter, MetricFact } from "../../src/telemetry/metric-fact.ts";
import type { ChatLoad } from "../harness/load.ts";
import { cataloguedFor, familiesOf } from "../harness/metric-families.ts";
import { filled } from "../harness/prometheus.ts";
import { until } from "../harness/until.ts";
import { allPanels, rulesOf, rulesText } from "../harness/watched.ts";
import { WatchedSystem } from "../harness/watched-system.ts";
import type { WeirProcess } from "../harness/weir-process.ts";

/* A running system under load, a real Prometheus, and what is asked of it. */

const resources = new AsyncDisposableStack();
let system: WatchedSystem;
let load: ChatLoad;
/** How long a fact may take to be in Prometheus, where scrapes fail on a machine that stalls. */
const scraped = { within: 60_000, every: 250 } as const;
const facts: Readonly<Record<string, MetricFact>> = metricCatalogue;

beforeAll(async () => {
  system = resources.use(await WatchedSystem.start({ rules: rulesText(), replica: true, workers: 2 }));
  load = system.load({ clients: 24, polling: 4, ratePerSecond: 100 });
  resources.use(load);
  await load.join();
  load.begin();
  const leader = await system.leader();
  await load.reach(300);
  for (const leads of [0, 1])
    await until(async () => (await system.prometheus.query(`weir_leader == ${leads}`)).length, scraped);
  // The other one takes over, for the sake of all that speaks of leaders.
  await leader.terminate();
  await load.reach(600);
});

afterAll(() => resources.disposeAsync());

/** The panels that have no data without Kubernetes; they are looked at in a cluster. */
const inClusterOnly = ["Gateways wanted, there and allowed", "Target and actual", "CPU held back"];
const here = allPanels().filter(({ panel }) => panel.from === undefined);

test("the panels that need a cluster are these and no others", () => {
  // Those of the controller and of load tests have tests of their own.
  const elsewhere = [undefined, "a controller", "k6"];
  const others = allPanels().filter(({ panel }) => !elsewhere.includes(panel.from));
  expect(others.map(({ panel }) => panel.title)).toEqual(inClusterOnly);
});

test.each(here.map(({ board, panel }) => ({ name: `${board} / ${panel.title}`, panel })))(
  "the panel $name has data, all of its queries",
  async ({ panel }) => {
    for (const { expr } of panel.targets) {
      const asked = filled(withVariables(expr));
      const values = async () => (await system.prometheus.query(asked)).map(({ value }) => value);
      await until(async () => (await values()).some(Number.isFinite), scraped).catch((cause: unknown) => {
        throw new Error(`no data for ${asked}`, { cause });
      });
    }
  },
);

test.each(Object.values(boards).map((board) => ({ title: board.title, built: buildBoard(board) })))(
  "$title marks the start of processes and the change of the leader",
  async ({ built }) => {
    for (const { expr } of built.annotations?.list ?? [])
      expect((await system.prometheus.range(filled(expr ?? ""), 900)).length).toBeGreaterThan(0);
  },
);

test("every variable of the boards has something to choose", async () => {
  for (const label of ["namespace", "job", "instance"]) {
    await until(async () => {
      const found = await system.prometheus.query(`group by (${label}) (weir_build_info)`);
      return found.some(({ labels }) => Boolean(labels[label]));
    }, scraped);
  }
});

test("every recorded series has a value", async () => {
  for (const { record = "" } of rulesOf("rules"))
    await until(async () => (await system.prometheus.query(record)).length > 0, scraped);
});

const emitters: readonly (readonly [Emitter[], () => WeirProcess | undefined])[] = [
  [["gateway"], () => system.gateways[0]],
  [["primary", "gateway"], () => system.gateways[1]],
  [["flusher"], () => system.flushers.find(({ isAlive }) => isAlive)],
];

test.each(emitters)(
  "a process that is %s serves all that the catalogue says it does, and nothing else",
  async (of, find) => {
    const process = find();
    if (process === undefined) throw new Error("there is no such process");
    const families = await familiesOf(process);
    expect(families.map(({ name, kind }) => ({ name, kind }))).toEqual(cataloguedFor(of));
    expect(families.filter(({ samples }) => samples === 0)).toEqual([]);
  },
);

test("Prometheus has no series of Weir that is not in the catalogue", async () => {
  const names = (await system.prometheus.names()).filter((name) => name.startsWith("weir_"));
  const bare = names.map((name) => (facts[name] === undefined ? name.replace(/_(bucket|sum|count)$/, "") : name));
  expect(bare.length).toBeGreaterThan(50);
  expect(bare.filter((name) => facts[name] === undefined)).toEqual([]);
});

test("a healthy system under load fires no alert but that of the leader who was taken away", async () => {
  const firing = await system.prometheus.query('ALERTS{alertstate="firing"}');
  const names = firing.map(({ labels }) => String(labels["alertname"]));
  // How fast it is, is the machine's affair.
  expect(names.filter((name) => name !== "WeirTargetLost" && !name.includes("Budget"))).toEqual([]);
});
