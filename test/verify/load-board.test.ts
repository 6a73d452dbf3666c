import { randomInt } from "node:crypto";
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loadTest } from "../../dashboards/src/boards/load-test.ts";
import { withVariables } from "../../dashboards/src/expression.ts";
import { chat, type Party, type Scene } from "../../loadtests/journeys/chat.ts";
import { plans } from "../../loadtests/lib/plans.ts";
import { ServerWatch } from "../../loadtests/lib/server-watch.ts";
import { Deployment } from "../harness/deployment.ts";
import { serveAsK6 } from "../harness/k6-exposition.ts";
import { Measured, nodeScene } from "../harness/load-world.ts";
import { startMongoServer } from "../harness/mongo-server.ts";
import { filled, type Prometheus, startPrometheus } from "../harness/prometheus.ts";
import { selectorsIn } from "../harness/promql.ts";
import { until } from "../harness/until.ts";
import { panelsOf } from "../harness/watched.ts";

/*
 * A chat between real gateways, by the journeys that k6 runs, here under Node; and a real Prometheus that has their figures by the
 * names that k6's output to remote write gives them, beside those of the servers.
 */

const resources = new AsyncDisposableStack();
let prometheus: Prometheus;
const party: Party = { ...plans.steady.chat.party, members: 8, rooms: 2, senders: 8, perSecond: 20, seconds: 3 };

beforeAll(async () => {
  const mongo = await startMongoServer();
  resources.defer(() => mongo.stop());
  const database = `load-board-${randomInt(1_000_000)}`;
  const deployment = resources.use(await Deployment.start({ mongo, database, gateways: 2, flushers: 1 }));
  const measured = new Measured();
  // The figures of the same chat, and some that are none of a sound run.
  const flawed = new Measured();
  const k6 = resources.use(await serveAsK6(measured, "steady1"));
  const other = resources.use(await serveAsK6(flawed, "flawed1"));
  const processes = [...deployment.gateways.map(({ process }) => process), ...deployment.flushers];
  const targets = [...processes.map(({ opsPort }) => `127.0.0.1:${opsPort}`), k6.target, other.target];
  prometheus = resources.use(await startPrometheus({ targets }));
  const watch = new ServerWatch(measured.meter);
  const look = async (): Promise<void> => {
    const urls = deployment.gateways.map(({ process }) => `http://127.0.0.1:${process.opsPort}/metrics`);
    watch.look(await Promise.all(urls.map(async (url) => (await fetch(url)).text())), Date.now());
  };
  await look();
  const urls = deployment.gateways.map((_, i) => deployment.door(i));
  // The second party comes when Prometheus has seen the figures of the first, so that all of them have risen.
  const scene = (): Scene => ({
    ...nodeScene(urls, measured),
    meter: (name, value) => [measured, flawed].forEach(({ meter }) => meter(name, value)),
  });
  await chat(scene(), party);
  await until(async () => (await prometheus.query("k6_chat_stored_total > 0")).length, { within: 60_000, every: 250 });
  await chat(scene(), party);
  for (const name of ["chat_lost", "chat_accepted", "chat_unanswered"] as const) flawed.meter(name, 1);
  await look();
});

afterAll(() => resources.disposeAsync());

async function answers(asked: string): Promise<void> {
  await until(async () => (await prometheus.query(asked)).some(({ value }) => Number.isFinite(value)), {
    within: 30_000,
    every: 250,
  }).catch((cause: unknown) => {
    throw new Error(`no data for ${asked}`, { cause });
  });
}

/** Of k6 alone: it has users and iterations, and Node has not. */
const ofK6Alone = /^k6_(vus|dropped_iterations_total)$/;
const panels = panelsOf(loadTest);
const queries = panels.flatMap(({ title, targets }) => targets.map(({ expr }) => ({ title, expr })));
const provable = queries.filter(
  ({ expr }) => !selectorsIn(withVariables(expr)).some(({ name }) => ofK6Alone.test(name)),
);

test("the only panel that is not shown to have data here is that of k6's own users", () => {
  const others = queries.filter((query) => !provable.includes(query)).map(({ title }) => title);
  expect([...new Set(others)]).toEqual(["Users of k6"]);
});

test.each(provable)("the panel $title has data for $expr", async ({ expr }) => {
  await answers(filled(withVariables(expr)).replaceAll("$testid", "steady1"));
});

const page = readFileSync("docs/load-testing.md", "utf8");
const verdicts = [...page.matchAll(/```promql\n([^`]*)```/g)].map((match) => (match[1] ?? "").trim());

test("docs/load-testing.md has queries that judge a run", () => {
  expect(verdicts).toHaveLength(5);
});

test.each(verdicts)("%s is 1 for a run that is well", async (expr) => {
  await answers(expr);
  const [verdict] = await prometheus.query(expr);
  // How fast this machine is says nothing.
  if (expr.includes("duration")) expect([0, 1]).toContain(verdict?.value);
  else expect(verdict?.value).toBe(1);
});

test("of a run in which a message was lost and another was not answered they say so", async () => {
  const judged = verdicts.slice(0, 3).map((expr) => expr.replaceAll("steady1", "flawed1"));
  for (const expr of judged) await until(async () => (await prometheus.query(expr))[0]?.value === 0, { every: 250 });
  expect(judged).toHaveLength(3);
});
