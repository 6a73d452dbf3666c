import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { fileURLToPath } from "node:url";
import { pin } from "../bench/cpu.ts";
import { measureFleet, measureIngest } from "./backends.ts";
import type { Conditions, FleetCost, Measurement } from "./measurement.ts";
import { findConfinement, type PodSize, podSizes } from "./pod-size.ts";
import { measureCosts, type Plan, type Results, rampConnections, rampRate, say } from "./runs.ts";
import { startWorld, type World } from "./world.ts";

/* Measures what docs/capacity.md says. Sizes and durations by environment, for a try: see `plan`. */

const { env } = process;

function numbers(text: string): number[] {
  return text.split(",").map(Number);
}

const plan: Plan = {
  stepSeconds: Number(env["CAPACITY_STEP_SECONDS"] ?? 3),
  members: Number(env["CAPACITY_MEMBERS"] ?? 1_000),
  connections: numbers(env["CAPACITY_CONNECTIONS"] ?? "200,5000,10000"),
  firstRate: Number(env["CAPACITY_FIRST_RATE"] ?? 200),
  rateSteps: Number(env["CAPACITY_RATE_STEPS"] ?? 9),
};
/** Where the measured points go. */
const output = env["CAPACITY_OUTPUT"] ?? fileURLToPath(new URL("measured.json", import.meta.url));

function revision(): string {
  try {
    return execFileSync("git", ["describe", "--always", "--dirty"], { encoding: "utf8" }).trim();
  } catch {
    return "unknown";
  }
}

const confinement = findConfinement();
const refused = podSizes.flatMap((size) => {
  const reason = confinement.refuses(size);
  return reason === undefined ? [] : [`${size.name}: ${reason}`];
});
const results: Results = { points: [], joins: [] };
let fleet: FleetCost = { gateways: 1, redisSeconds: 0, gatewaySeconds: 0 };
let about: Pick<Conditions, "redis" | "store"> = { redis: "", store: "" };

async function describe({ redis, storeKind }: World): Promise<void> {
  const version = /redis_version:(\S+)/.exec(await redis.info("server"))?.[1] ?? "unknown";
  about = { redis: `${version}, append-only file, everysec`, store: storeKind };
}

/** Each part on fresh processes. The last core has the load, the stores and the flusher. */
async function measure(size: PodSize): Promise<void> {
  say(`${size.name}, ${confinement.how}`);
  if (size.cores === 1) {
    await using world = await startWorld(size, confinement, 2);
    await describe(world);
    await measureCosts(world, size.name, plan, results);
    results.points.push(...(await measureIngest(world, size.name, plan)));
    fleet = await measureFleet(world, 1_000);
  }
  {
    await using world = await startWorld(size, confinement, 1);
    await rampRate(world, size.name, plan, results);
  }
  await using world = await startWorld(size, confinement, 1);
  await rampConnections(world, size.name, plan, results);
}

/** What it started ends with it. */
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const before = loadavg()[0] ?? 0;
pin(process.pid, String(cpus().length - 1));
for (const reason of refused) say(`not measured: ${reason}`);
for (const size of podSizes) {
  if (confinement.refuses(size) !== undefined) continue;
  try {
    await measure(size);
  } catch (error) {
    // What was measured before is worth keeping.
    refused.push(`${size.name}: ${error instanceof Error ? error.message : String(error)}`);
    say(refused.at(-1) ?? "");
  }
}

const conditions: Conditions = {
  date: new Date().toISOString().slice(0, 16),
  revision: revision(),
  node: process.version,
  ...about,
  cpu: cpus()[0]?.model.trim() ?? "unknown",
  cores: cpus().length,
  loadAverage: [before, loadavg()[0] ?? 0],
  confinedBy: confinement.how,
  notMeasured: refused,
  textCharacters: 100,
};
const measurement: Measurement = { conditions, ...results, fleet };

/** Four digits are more than a figure of such a run is worth. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(4)) : value;
}

writeFileSync(output, `${JSON.stringify(measurement, rounded, 2)}\n`);
say(`written: ${output}; \`npm run docs\` makes docs/capacity.md of it`);
