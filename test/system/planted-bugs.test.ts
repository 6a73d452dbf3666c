import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { partitionKeys } from "../../src/adapters/redis/keys.ts";
import { partitionOf } from "../../src/chat/room.ts";
import { checkTrims } from "../harness/checker-trims.ts";
import type { Deployment } from "../harness/deployment.ts";
import { type FaultReport, type FaultScene, type FinalScene, runWithFault } from "../harness/fault-run.ts";
import {
  type Flaw,
  type FlawSettings,
  flawedFlusher,
  readTrims,
  stoppedPidFile,
  type TrimRecord,
} from "../harness/flaws.ts";
import { messagesOnly } from "../harness/load-plan.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { sized } from "../harness/size.ts";
import { lasting } from "../harness/soak.ts";
import { until } from "../harness/until.ts";
import type { WeirProcess } from "../harness/weir-process.ts";

const sends = sized(1_500, 4_000);
const ratePerSecond = sized(250, 500);

let mongo: MongoServer;
let folder: string;
beforeAll(async () => {
  mongo = await startMongoServer();
  folder = await mkdtemp(join(tmpdir(), "weir-flaws-"));
});
afterAll(async () => {
  await mongo.stop();
  await rm(folder, { recursive: true, force: true });
});

function runWithFlaw(
  flaw: Flaw,
  fault: (scene: FaultScene) => Promise<number>,
  settings: Omit<FlawSettings, "FLAW"> = {},
): Promise<FaultReport> {
  const env: FlawSettings = { FLAW: flaw, ...settings };
  const flawed = { flusherScript: flawedFlusher, env: { ...env } };
  return runWithFault({ mongo, seed: 1, fault, sends, ratePerSecond, rooms: 8, mix: messagesOnly, ...flawed });
}

const invariantsOf = (report: FaultReport): string[] => report.violations.map(({ invariant }) => invariant);

describe("a flusher that trims before it writes", () => {
  const outage = async (scene: FaultScene): Promise<number> => {
    await scene.mongo.kill();
    await lasting(3_000);
    await scene.mongo.restart();
    return 3_000;
  };

  test("loses acknowledged messages when the database is away, and the checker finds it", async () => {
    expect(invariantsOf(await runWithFlaw("trim-before-write", outage))).toContain("I1");
  });

  test("is told from one that writes first", async () => {
    expect(await runWithFlaw("none", outage)).toMatchObject({ violations: [] });
  });
});

describe("a flusher that takes every duplicate key for its own", () => {
  const forked = 50;
  /** Places that are taken are given again, as by a log that lost its tail and did not notice. */
  const fork = async ({ deployment, load }: FaultScene): Promise<number> => {
    const [room = ""] = load.rooms;
    const keys = partitionKeys("weir:", partitionOf(room, 4));
    const redis = new Redis(deployment.redis.url);
    await until(async () => Number(await redis.hget(keys.state(room), "stored")) > 2 * forked, { within: 20_000 });
    await redis.multi().hincrby(keys.state(room), "seq", -forked).del(keys.log(room)).exec();
    await redis.quit();
    return 0;
  };
  const lostWith = async (flaw: Flaw): Promise<{ readonly acked: string[]; readonly aside: ReadonlySet<string> }> => {
    const found: { aside?: ReadonlySet<string>; acked?: string[] } = {};
    const look = async (scene: FinalScene): Promise<void> => {
      found.aside = await scene.deployment.deadLetterIds();
      found.acked = scene.ops.flatMap((op) => (op.op === "ok" && !scene.ids.has(op.id) ? [op.id] : []));
    };
    const flawed = { flusherScript: flawedFlusher, env: { FLAW: flaw }, look };
    const report = await runWithFault({
      mongo,
      seed: 2,
      fault: fork,
      sends,
      ratePerSecond,
      rooms: 8,
      mix: messagesOnly,
      ...flawed,
    });
    expect(invariantsOf(report)).toContain("I1");
    return { acked: [...new Set(found.acked)].sort(), aside: found.aside ?? new Set() };
  };

  test("loses what shares its place with another message without a trace, and the checker finds it", async () => {
    const { acked, aside } = await lostWith("ignore-duplicates");
    expect(acked.length).toBeGreaterThan(0);
    expect(aside).toEqual(new Set());
  });

  test("is told from one that puts such a message aside", async () => {
    const { acked, aside } = await lostWith("none");
    expect(acked.length).toBeGreaterThan(0);
    expect([...aside].sort()).toEqual(acked);
  });
});

describe("a flusher without a fence", () => {
  /** A leader stops right before a trim, and goes on when another has long taken over. */
  const staleTrims = async (flaw: Flaw): Promise<TrimRecord[]> => {
    const path = join(await mkdtemp(join(folder, flaw)), "trims.jsonl");
    const trims = async (): Promise<TrimRecord[]> => readTrims(await readFile(path, "utf8"));
    const fault = async ({ deployment }: FaultScene): Promise<number> => {
      const stale = await until(() => stopped(deployment, path), { within: 30_000, every: 100 });
      const before = (await trims()).length;
      await until(async () => (await trims()).length > before + 10, { within: 30_000, every: 100 });
      stale.resume();
      await until(async () => (await stale.metric("weir_leader")) === 0, { within: 30_000, every: 100 });
      return 10_000;
    };
    await runWithFlaw(flaw, fault, { TRIM_JOURNAL: path, STOP_BEFORE_TRIM: "40" });
    return trims();
  };

  test("trims in the name of a term that is over, and the checker finds it", async () => {
    expect(checkTrims(await staleTrims("no-fence")).map(({ invariant }) => invariant)).toContain("I8");
  });

  test("is told from one with a fence", async () => {
    expect(checkTrims(await staleTrims("none"))).toEqual([]);
  });
});

/** The flusher that stopped itself. */
async function stopped({ flushers }: Deployment, trimJournal: string): Promise<WeirProcess | undefined> {
  const pid = await readFile(stoppedPidFile(trimJournal), "utf8").catch(() => undefined);
  return flushers.find((flusher) => String(flusher.pid) === pid);
}
