import { MemoryRoster } from "../adapters/memory/memory-roster.ts";
import { MemorySlowMode } from "../adapters/memory/memory-slow-mode.ts";
import { MongoConnection, type StoreCall } from "../adapters/mongodb/mongo-client.ts";
import { MongoMessageStore } from "../adapters/mongodb/mongo-message-store.ts";
import { createRedisRates } from "../adapters/rate-limits/redis-rates.ts";
import { createRedisLog } from "../adapters/redis/create-redis-log.ts";
import type { ClusterOptions } from "../adapters/socketio/cluster-adapter.ts";
import { SqliteDatabase } from "../adapters/sqlite/sqlite-database.ts";
import { SqliteMessageLog } from "../adapters/sqlite/sqlite-message-log.ts";
import { SqliteMessageStore } from "../adapters/sqlite/sqlite-message-store.ts";
import { type Fleet, fleetMemoryMs } from "../gateway/fleet.ts";
import type { RoomPolicing } from "../gateway/room-gate.ts";
import { rosterLeaseMs } from "../gateway/room-roster.ts";
import type { SharedRates } from "../gateway/shared-rate.ts";
import { AlwaysLeader, Elector, flusherTiming, type Led } from "../leadership/index.ts";
import type { Service } from "../lifecycle/service.ts";
import { DependencyWatch } from "../lifecycle/watch.ts";
import { PoliciesInForce, type PolicySource } from "../policies/index.ts";
import type { LogAppender, LogDrainer, LogFeed, LogReader, MessageStore } from "../write-behind/index.ts";
import { storeLookups } from "../write-behind/store-lookups.ts";
import { judged } from "./judged.ts";
import { optional } from "./optional.ts";
import type { Runtime } from "./runtime.ts";

/** Log and store, whichever they are, and what has to live for them. */
export interface Backends {
  readonly log: LogAppender & LogReader;
  readonly feed: LogFeed;
  readonly drainer: LogDrainer;
  readonly store: MessageStore;
  /** Connections to the other gateways; absent where there can be none. */
  readonly cluster?: () => ClusterOptions;
  /** The other gateways; absent where there can be none. */
  readonly fleet?: Fleet;
  /** Counts that the gateways keep together; absent where there is only one. */
  readonly rates?: () => SharedRates;
  /** Room policies, and what the gateways keep together to apply them. */
  readonly policing: RoomPolicing;
  /** Elects the one process that flushes. */
  leadership(led: Led): Service;
  /** In the order in which they start. */
  readonly services: readonly Service[];
}

/** Redis and MongoDB where their URLs are set, the embedded stores otherwise. */
export function createBackends(runtime: Runtime): Backends {
  const { redisUrl, mongodbUrl } = runtime.settings;
  if (redisUrl === undefined || mongodbUrl === undefined) return createEmbedded(runtime);
  return createConnected(runtime, { redisUrl, mongodbUrl });
}

interface Urls {
  readonly redisUrl: string;
  readonly mongodbUrl: string;
}

function createConnected(runtime: Runtime, { redisUrl, mongodbUrl }: Urls): Backends {
  const { settings, clock, readiness } = runtime;
  const onCall = ({ operation, result, seconds }: StoreCall): void =>
    runtime.metrics.observe("weir_store_seconds", { operation, result }, seconds);
  const connection = judged("mongodbUrl", () => new MongoConnection({ url: mongodbUrl, clock, onCall }));
  const store = new MongoMessageStore(connection);
  const redis = createRedisLog({
    ...runtime,
    url: redisUrl,
    partitions: settings.partitions,
    highWatermark: settings.bufferMaxMessages,
    tail: settings.logTail,
    safe: safeIn(runtime),
    replicaTimeoutMs: settings.replicaTimeout,
    ...storeLookups(store),
  });
  const policies = followPolicies(runtime, redis.policies);
  const dependency = { name: "redis", ping: () => redis.ping() };
  const closeStore: Service = { name: "mongodb", start: () => Promise.resolve(), stop: () => connection.close() };
  return {
    log: redis.log,
    feed: redis.feed,
    drainer: redis.drainer,
    store,
    cluster: () => {
      const { pub, sub } = redis.adapterClients();
      return { publisher: pub, subscriber: sub, channelPrefix: "weir:ephemeral" };
    },
    fleet: redis.fleet(fleetMemoryMs),
    rates: () =>
      createRedisRates({ client: redis.adapterClients().pub, prefix: "weir:rate:", metrics: runtime.metrics }),
    leadership: (led) => new Elector({ ...runtime, lease: redis.lease("flusher"), led, timing: flusherTiming }),
    policing: { policies, roster: redis.roster(), slowMode: redis.slowMode },
    services: [closeStore, redis, policies, new DependencyWatch({ dependency, readiness, clock })],
  };
}

/** Only who takes sends ever waits for a replica. */
function safeIn({ role, settings }: Runtime): "no" | "offered" | "required" {
  if (role !== "gateway" && role !== "all-in-one") return "no";
  return settings.durability === "safe" ? "required" : "offered";
}

function createEmbedded(runtime: Runtime): Backends {
  const { settings, clock, logger } = runtime;
  const { dataDir } = settings;
  const database = new SqliteDatabase({ dir: dataDir, now: clock.now() });
  if (database.isFolderOpen)
    logger.warn({ dataDir }, "other users of this machine can list the data folder; run chmod 700 on it");
  const store = new SqliteMessageStore(database);
  const log = new SqliteMessageLog({
    database,
    partitions: settings.partitions,
    highWatermark: settings.bufferMaxMessages,
    tail: settings.logTail,
    highestStored: (room) => store.highest(room),
    clock,
  });
  const policies = followPolicies(runtime);
  const closeFile: Service = { name: "sqlite", start: () => Promise.resolve(), stop: async () => database.close() };
  return {
    log,
    feed: log,
    drainer: log,
    store,
    leadership: (led) => new AlwaysLeader({ ...runtime, led, retryMs: 1_000 }),
    policing: { policies, roster: new MemoryRoster(clock, rosterLeaseMs), slowMode: new MemorySlowMode(clock) },
    services: [closeFile, policies],
  };
}

/** A tool applies no policies, so it follows none. */
function followPolicies(runtime: Runtime, source?: PolicySource): PoliciesInForce {
  const { settings, role } = runtime;
  const followed = role === "tool" ? undefined : source;
  return new PoliciesInForce({ ...runtime, ...optional({ base: settings.policies, source: followed }) });
}
