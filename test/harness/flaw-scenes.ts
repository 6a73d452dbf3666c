import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { partitionKeys } from "../../src/adapters/redis/keys.ts";
import { partitionOf } from "../../src/chat/room.ts";
import type { Deployment } from "./deployment.ts";
import { type FaultReport, type FaultRun, type FaultScene, type FinalScene, runWithFault } from "./fault-run.ts";
import { type Flaw, type FlawSettings, flawedFlusher, readTrims, stoppedPidFile, type TrimRecord } from "./flaws.ts";
import { messagesOnly } from "./load-plan.ts";
import type { MongoServer } from "./mongo-server.ts";
import { sized } from "./size.ts";
import { lasting } from "./soak.ts";
import { until } from "./until.ts";
import type { WeirProcess } from "./weir-process.ts";

/*
 * Scenes in which a flusher with a planted bug breaks a promise. test/system/planted-bugs.test.ts plays them with the bug, and
 * test/verify/sound-flushers.test.ts with a flusher that has none.
 */

const sends = sized(800, 4_000);
const ratePerSecond = sized(150, 500);

type Settings = Omit<FlawSettings, "FLAW"> & Pick<FaultRun, "seed" | "fault"> & Pick<Partial<FaultRun>, "look">;

function runWithFlaw(
  mongo: MongoServer,
  flaw: Flaw,
  { seed, fault, look, ...settings }: Settings,
): Promise<FaultReport> {
  const env: FlawSettings = { FLAW: flaw, ...settings };
  const flawed = { flusherScript: flawedFlusher, env: { ...env }, ...(look === undefined ? {} : { look }) };
  return runWithFault({ mongo, seed, fault, sends, ratePerSecond, rooms: 8, mix: messagesOnly, ...flawed });
}

export function invariantsOf(report: FaultReport): string[] {
  return report.violations.map(({ invariant }) => invariant);
}

/** The database is away for a while. */
export function outage(mongo: MongoServer, flaw: Flaw): Promise<FaultReport> {
  const fault = async (): Promise<number> => {
    await mongo.kill();
    await lasting(3_000);
    await mongo.restart();
    return 3_000;
  };
  return runWithFlaw(mongo, flaw, { seed: 1, fault });
}

/** Places that are given again: few enough that the sends after the fork fill them all. */
const forked = 20;

export interface Fork {
  readonly report: FaultReport;
  /** Acknowledged messages that are not in history. */
  readonly lost: readonly string[];
  /** Messages among the dead letters. */
  readonly aside: ReadonlySet<string>;
}

/** Places that are taken are given again, as by a log that lost its tail and did not notice. */
export async function fork(mongo: MongoServer, flaw: Flaw): Promise<Fork> {
  const found = { lost: new Set<string>(), aside: new Set<string>() };
  const look = async ({ deployment, ops, ids }: FinalScene): Promise<void> => {
    found.aside = await deployment.deadLetterIds();
    found.lost = new Set(ops.flatMap((op) => (op.op === "ok" && !ids.has(op.id) ? [op.id] : [])));
  };
  const report = await runWithFlaw(mongo, flaw, { seed: 2, fault: giveAgain, look });
  return { report, lost: [...found.lost].sort(), aside: found.aside };
}

async function giveAgain({ deployment, load }: FaultScene): Promise<number> {
  const [room = ""] = load.rooms;
  const keys = partitionKeys("weir:", partitionOf(room, 4));
  const redis = new Redis(deployment.redis.url);
  await until(async () => Number(await redis.hget(keys.state(room), "stored")) > 2 * forked, { within: 20_000 });
  await redis.multi().hincrby(keys.state(room), "seq", -forked).del(keys.log(room)).exec();
  await redis.quit();
  return 0;
}

/** All trims, where a leader stops right before one of them, and goes on when another has long taken over. */
export async function staleTrims(mongo: MongoServer, flaw: Flaw): Promise<TrimRecord[]> {
  const path = join(tmpdir(), `weir-trims-${randomUUID()}.jsonl`);
  const trims = async (): Promise<TrimRecord[]> => readTrims(await readFile(path, "utf8"));
  const fault = async ({ deployment }: FaultScene): Promise<number> => {
    const stale = await until(() => stopped(deployment, path), { within: 30_000, every: 100 });
    const before = (await trims()).length;
    await until(async () => (await trims()).length > before + 10, { within: 30_000, every: 100 });
    stale.resume();
    await until(async () => (await stale.metric("weir_leader")) === 0, { within: 30_000, every: 100 });
    return 10_000;
  };
  try {
    await runWithFlaw(mongo, flaw, { seed: 1, fault, TRIM_JOURNAL: path, STOP_BEFORE_TRIM: "40" });
    return await trims();
  } finally {
    await Promise.all([path, stoppedPidFile(path)].map((file) => rm(file, { force: true })));
  }
}

/** The flusher that stopped itself. */
async function stopped({ flushers }: Deployment, trimJournal: string): Promise<WeirProcess | undefined> {
  const pid = await readFile(stoppedPidFile(trimJournal), "utf8").catch(() => undefined);
  return flushers.find((flusher) => String(flusher.pid) === pid);
}
