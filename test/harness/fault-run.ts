import { randomInt } from "node:crypto";
import type { Durability } from "../../src/protocol/schemas.ts";
import { optional } from "../../src/roles/optional.ts";
import { checkRun } from "./checker.ts";
import type { Op, Violation } from "./checker-journal.ts";
import { Deployment, testSecret } from "./deployment.ts";
import { keepEvidence } from "./keep-evidence.ts";
import { ChatLoad } from "./load.ts";
import { everyoneAtTheEnd, refusedBy } from "./load-end.ts";
import { everyTier, type Mix } from "./load-plan.ts";
import type { MongoServer } from "./mongo-server.ts";
import type { RedisServerOptions } from "./redis-server.ts";
import { seededRandom } from "./seeded-random.ts";
import { until } from "./until.ts";

/** What a fault can get at, and when. */
export interface FaultScene {
  readonly deployment: Deployment;
  readonly mongo: MongoServer;
  readonly load: ChatLoad;
  /** Uniform in [0, 1), the same for the same seed. */
  readonly random: () => number;
}

export interface FaultRun {
  readonly mongo: MongoServer;
  readonly seed: number;
  /** Breaks something and mends it. Returns how long it was broken, ms. */
  readonly fault: (scene: FaultScene) => Promise<number>;
  /** Acknowledged sends after which the run may end. */
  readonly sends: number;
  readonly ratePerSecond: number;
  readonly rooms?: number;
  /** Messages at every tier, where nothing is said. */
  readonly mix?: Mix;
  readonly env?: Readonly<Record<string, string>>;
  readonly flusherScript?: string;
  readonly redis?: RedisServerOptions;
  readonly replica?: boolean;
  /** What the deployment promises with every answer. */
  readonly floor?: Durability;
  /** How long it may take to catch up after the fault, ms; a minute at least where nothing is said. */
  readonly recoveryMs?: number;
  /** Tiers at which the fault may lose what was acknowledged; none where nothing is said. */
  readonly losable?: ReadonlySet<Durability>;
  /** Sees the deployment once more before it ends, with all that was journalled and the ids that are stored. */
  readonly look?: (scene: FinalScene) => Promise<void>;
}

export interface FinalScene {
  readonly deployment: Deployment;
  readonly ops: readonly Op[];
  /** Of everything in history. */
  readonly ids: ReadonlySet<string>;
}

export interface FaultReport {
  readonly acked: number;
  /** Sends that ended without being acknowledged, by code: none where the fault is shorter than their deadline. */
  readonly refused: Readonly<Record<string, number>>;
  readonly violations: readonly Violation[];
  /** Where the journal and the logs of the processes are, when there was something to find out. */
  readonly logs: string | undefined;
}

const clientCount = 8;
/** Many enough that what one of them misses in an outage is in the tail that the log keeps. */
const defaultRooms = 24;
/** Members of each room, half of them on each gateway. */
const membersPerRoom = 4;
/** Servers that scan for each page are no match for many clients who come back at once: here the log serves them. */
const longTail = { WEIR_LOG_TAIL: "5000" } as const;
/** A send at `stored` waits until such a server has caught up. */
const deadlineMs = 240_000;
/** Some faults take a moment to be noticed at all. */
const shortestRecoveryMs = 60_000;

/**
 * Loads a deployment of two gateways and two flushers, breaks it in the middle, and checks all that happened once everything is
 * stored. Throws where it does not recover by itself, or a process ends that nobody ended.
 */
export async function runWithFault(run: FaultRun): Promise<FaultReport> {
  const random = seededRandom(run.seed);
  const { mongo, flusherScript, redis, replica, losable, floor, recoveryMs = shortestRecoveryMs } = run;
  const env = { ...longTail, ...(floor === undefined ? {} : { WEIR_DURABILITY: floor }), ...run.env };
  const others = optional({ flusherScript, redis, replica });
  const database = `faults-${run.seed}-${randomInt(1_000_000)}`;
  await using deployment = await Deployment.start({ mongo, database, gateways: 2, flushers: 2, env, ...others });
  using load = startLoad(deployment, run);
  await load.join();
  load.begin();
  await load.reach(run.sends * (0.05 + 0.15 * random()));
  const outageMs = await run.fault({ deployment, mongo, load, random });
  await catchesUp(deployment, Math.max(4 * outageMs, recoveryMs));
  await load.reach(run.sends);
  await load.finish();
  await deployment.stored();
  const history = await deployment.history();
  await everyoneAtTheEnd(load, history);
  await run.look?.({ deployment, ops: load.ops, ids: new Set([...history.values()].flat().map(({ id }) => id)) });
  deployment.check();
  const violations = checkRun({
    ops: load.ops,
    history,
    // Not after a failover: a replica that lagged can bring back texts that were erased after its last copy.
    ...(replica === true ? {} : { remaining: await deployment.remaining() }),
    ...optional({ losable, floor }),
  });
  const evidence = { deployment, name: database, ops: load.ops, history };
  const logs = violations.length > 0 ? await keepEvidence(evidence) : undefined;
  return { acked: load.acked, refused: refusedBy(load.ops), violations, logs };
}

function startLoad(
  deployment: Deployment,
  { seed, ratePerSecond, rooms: count = defaultRooms, mix = everyTier }: FaultRun,
): ChatLoad {
  const rooms = Array.from({ length: count }, (_room, i) => `team:${i}`);
  const clients = Array.from({ length: clientCount }, (_client, i) => ({
    id: `user-${i}`,
    url: deployment.door(i % deployment.gateways.length),
    rooms: rooms.filter((_room, room) => (room + i) % clientCount < membersPerRoom),
  }));
  return new ChatLoad({
    seed,
    secret: testSecret,
    clients,
    ratePerSecond,
    deadlineMs,
    mix,
  });
}

/** What is acknowledged is stored within a second again, while the load goes on. */
async function catchesUp(deployment: Deployment, within: number): Promise<void> {
  await until(async () => (await deployment.lagSeconds()) < 1, { within, every: 200 });
}
