import type { Redis } from "ioredis";
import type { Fleet } from "../../gateway/fleet.ts";
import { type RoomRoster, rosterLeaseMs } from "../../gateway/room-roster.ts";
import type { SlowMode } from "../../gateway/slow-mode.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Lease } from "../../leadership/lease.ts";
import type { Service } from "../../lifecycle/service.ts";
import type { PolicyPublisher, PolicySource } from "../../policies/index.ts";
import type { Logger } from "../../telemetry/logger.ts";
import type { Metrics } from "../../telemetry/metrics.ts";
import type {
  CloseLost,
  HighestStored,
  LogAppender,
  LogDrainer,
  LogFeed,
  LogReader,
  StoredAfter,
} from "../../write-behind/index.ts";
import { AnswerRotation } from "./answer-rotation.ts";
import { checkPartitionCount } from "./check-partition-count.ts";
import { IdentityWatch } from "./identity-watch.ts";
import { measureServer } from "./measure-server.ts";
import { PartitionGate } from "./partition-gate.ts";
import { type ClientUse, createRedisClient } from "./redis-client.ts";
import { RedisConnection } from "./redis-connection.ts";
import { RedisFleet } from "./redis-fleet.ts";
import { RedisLease } from "./redis-lease.ts";
import { RedisLogDrainer } from "./redis-log-drainer.ts";
import { RedisMessageFeed } from "./redis-message-feed.ts";
import { RedisMessageLog } from "./redis-message-log.ts";
import { RedisPolicies } from "./redis-policies.ts";
import { RedisRoster } from "./redis-roster.ts";
import { RedisSlowMode } from "./redis-slow-mode.ts";
import { readRedisUrl } from "./redis-url.ts";
import { ReplicaWaits } from "./replica-waits.ts";
import { SeenSeqs } from "./seen-seqs.ts";
import { type RefusalCode, unavailable } from "./unavailable.ts";
import { watchClient } from "./watch-client.ts";

export interface RedisLogOptions {
  readonly url: string;
  /** Fixed at the first start, checked ever after. */
  readonly partitions: number;
  /** Entries in one partition's buffer from which on appends are refused; reopens at 80 % of it. */
  readonly highWatermark: number;
  readonly highestStored: HighestStored;
  readonly storedAfter: StoredAfter;
  readonly closeLost: CloseLost;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Stored entries that a room's log keeps. */
  readonly tail?: number;
  /** How long one command may take, ms. */
  readonly commandTimeoutMs?: number;
  /** How long a partition that was opened anew waits for every gateway to report; over the longest wait between two reconnects, ms. */
  readonly graceMs?: number;
  /** How long Redis keeps a room that has nothing waiting to be stored, ms. */
  readonly keepRoomMs?: number;
  /** How long the start waits for Redis, ms. */
  readonly startTimeoutMs?: number;
  /** How long a replica that left still counts for `safe`, ms. */
  readonly replicaTimeoutMs?: number;
  /** Start of every key and channel; deployments that share a Redis need different ones. */
  readonly prefix?: string;
  /**
   * Whether an append may wait for a replica: `no`; where Redis can do that at the start (`offered`); or the start fails
   * where it can't (`required`). What was found at the start holds until the stop: a Redis that loses its replica later makes
   * such appends fail, and never lets them pass for less.
   */
  readonly safe?: "no" | "offered" | "required";
}

const defaults = {
  tail: 500,
  commandTimeoutMs: 1_000,
  graceMs: 1_500,
  keepRoomMs: 600_000,
  startTimeoutMs: 15_000,
  replicaTimeoutMs: 30_000,
  prefix: "weir:",
  safe: "offered",
} as const;

/** Everything that Weir does with Redis, over connections that the service opens and closes. */
export interface RedisLog extends Service {
  readonly log: LogAppender & LogReader;
  readonly feed: LogFeed;
  readonly drainer: LogDrainer;
  lease(name: string): Lease;
  /** The gateways that share this Redis; one that is silent for `memoryMs` is forgotten. */
  fleet(memoryMs: number): Fleet;
  /** Who is in rooms that have a limit; a place that is not renewed is kept for `leaseMs`. */
  roster(leaseMs?: number): RoomRoster;
  readonly slowMode: SlowMode;
  readonly policies: PolicyPublisher & PolicySource;
  /** Two connections for Socket.IO's sharded adapter. They are made and connected at the first call, and closed with the service. */
  adapterClients(): { readonly pub: Redis; readonly sub: Redis };
  /** A round trip on the connection that appends use. Rejects with UNAVAILABLE. */
  ping(): Promise<void>;
}

/** Throws a ConfigError where the URL can't be understood or is of a kind that is not supported. */
export function createRedisLog(given: RedisLogOptions): RedisLog {
  const options = { ...defaults, ...given };
  const { clock, logger, random, prefix, commandTimeoutMs } = options;
  const url = readRedisUrl(options.url);
  const client = (use: ClientUse): Redis => createRedisClient(use, { url, random, commandTimeoutMs });
  const seen = new SeenSeqs(options.metrics);
  const onRefused = (code: RefusalCode): void => options.metrics.count("weir_redis_refusals_total", { code });
  const connection = new RedisConnection({ client: client("commands"), use: "commands", clock, logger, onRefused });
  measureServer(connection, options.metrics);
  const replicas = new ReplicaWaits({ ...options, client: () => client("replicaWaits") });
  const gate = new PartitionGate({ ...options, connection, seen });
  const log = new RedisMessageLog({ ...options, connection, gate, seen, barrier: () => replicas.barrier });
  const channelOf = (room: string): string => gate.keysOf(room).feed(room);
  const subscriber = client("subscriptions");
  const feed = new RedisMessageFeed({ ...options, client: subscriber, channelOf, seen });
  const identity = new IdentityWatch({ connection, clock, changed: () => changed(gate, feed, logger) });
  const rotation = new AnswerRotation({ connection, gate, partitions: options.partitions, clock });
  const adapter = adapterPair(client, options);
  const stopped = new AbortController();
  return {
    name: "redis log",
    log,
    feed,
    drainer: new RedisLogDrainer({ ...options, connection, gate, seen }),
    lease: (name) => new RedisLease(connection, `${prefix}lease:${name}`),
    fleet: (memoryMs) => new RedisFleet({ connection, key: `${prefix}{fleet}`, memoryMs }),
    roster: (leaseMs = rosterLeaseMs) => new RedisRoster({ connection, prefix: `${prefix}roster:`, leaseMs }),
    slowMode: new RedisSlowMode({ connection, prefix: `${prefix}slow:` }),
    policies: new RedisPolicies({ connection, subscriber, key: `${prefix}{policies}` }),
    adapterClients: () => adapter.clients(),
    ping: async () => void (await connection.command((redis) => redis.ping())),
    start: () =>
      start({ ...options, connection, gate, feed, replicas, watches: [identity, rotation], signal: stopped.signal }),
    stop: async () => {
      stopped.abort();
      identity.end();
      rotation.end();
      feed.close();
      adapter.close();
      await replicas.close();
      await connection.close();
    },
  };
}

interface Parts {
  readonly connection: RedisConnection;
  readonly gate: PartitionGate;
  readonly feed: RedisMessageFeed;
  readonly replicas: ReplicaWaits;
  /** Background tasks that begin once the log works. */
  readonly watches: readonly { begin(): void }[];
  /** Aborts when the service stops, also in the middle of its start. */
  readonly signal: AbortSignal;
}

async function start(parts: Parts & Required<RedisLogOptions>): Promise<void> {
  const { connection, gate, feed, replicas, watches, clock, logger } = parts;
  connection.open();
  feed.open();
  await reached(parts, () => connection.connected && feed.connected);
  await replicas.prepare(connection);
  await reached(parts, () => replicas.connected);
  await checkPartitionCount(connection, `${parts.prefix}partitions`, parts.partitions);
  connection.onReady(() => openAll(gate, logger));
  for (const watch of watches) watch.begin();
  await clock.sleep(await gate.openAll(), parts.signal);
}

function openAll(gate: PartitionGate, logger: Logger): void {
  gate
    .openAll()
    .catch((error: unknown) => logger.warn({ err: error }, "partitions could not be opened; the next append tries"));
}

/** The server has the data of another: what it acknowledged, and what it published, may be lost. */
function changed(gate: PartitionGate, feed: RedisMessageFeed, logger: Logger): void {
  logger.warn({}, "redis was a replica for a while, or had its first replica");
  openAll(gate, logger);
  feed.interrupted();
}

/** Resolves once the connections work; rejects with UNAVAILABLE when that takes too long. */
async function reached(parts: Parts & Required<RedisLogOptions>, isReached: () => boolean): Promise<void> {
  const { connection, clock, startTimeoutMs, signal } = parts;
  const deadline = clock.monotonic() + startTimeoutMs;
  while (!isReached()) {
    if (signal.aborted || clock.monotonic() > deadline) {
      const why = connection.lastError?.message ?? "no answer";
      throw unavailable(`Redis can't be reached within ${startTimeoutMs} ms: ${why}`, connection.lastError);
    }
    await clock.sleep(10, signal);
  }
}

interface AdapterPair {
  clients(): { readonly pub: Redis; readonly sub: Redis };
  close(): void;
}

function adapterPair(
  client: (use: ClientUse) => Redis,
  { clock, logger }: Pick<RedisLogOptions, "clock" | "logger">,
): AdapterPair {
  const made: { pair?: { readonly pub: Redis; readonly sub: Redis }; readonly watches: (() => void)[] } = {
    watches: [],
  };
  const open = (use: ClientUse): Redis => {
    const redis = client(use);
    made.watches.push(watchClient(redis, use, { clock, logger }));
    redis.connect().catch(() => {});
    return redis;
  };
  return {
    clients: () => {
      made.pair ??= { pub: open("adapterCommands"), sub: open("adapterSubscriptions") };
      return made.pair;
    },
    close: () => {
      for (const stop of made.watches) stop();
      made.pair?.pub.disconnect();
      made.pair?.sub.disconnect();
    },
  };
}
