import { randomUUID } from "node:crypto";
import { createRedisLog, type RedisLog, type RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { silentLogger } from "../../src/telemetry/logger.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";
import type { MessageLog } from "../../src/write-behind/index.ts";
import { runRandom } from "./seeded-random.ts";

/** A Redis log for tests: of one partition, in a namespace of its own, and quick to open. */
export function testRedisLog(options: Partial<RedisLogOptions> & Pick<RedisLogOptions, "url">): RedisLog {
  return createRedisLog({
    partitions: 1,
    highWatermark: 100_000,
    highestStored: () => Promise.resolve(0),
    storedAfter: () => Promise.resolve([]),
    closeLost: () => Promise.resolve(0),
    clock: systemClock,
    random: runRandom(),
    logger: silentLogger,
    metrics: createMetrics({ processMetrics: false }),
    graceMs: 5,
    prefix: `test-${randomUUID()}:`,
    ...options,
  });
}

/** The four ports of a Redis log as one object. */
export function wholeLog({ log, feed, drainer }: RedisLog): MessageLog {
  return {
    partitions: drainer.partitions,
    append: (entry, durability) => log.append(entry, durability),
    head: (room) => log.head(room),
    range: (room, query) => log.range(room, query),
    scan: (room, query) => log.scan(room, query),
    changes: (room, query) => log.changes(room, query),
    subscribe: (room, listener) => feed.subscribe(room, listener),
    unsubscribe: (room) => feed.unsubscribe(room),
    onInterruption: (callback) => feed.onInterruption(callback),
    read: (partition, limit) => drainer.read(partition, limit),
    trim: (trim) => drainer.trim(trim),
    raiseFence: (partition, token) => drainer.raiseFence(partition, token),
    depth: (partition) => drainer.depth(partition),
    bury: (partition, buffered, error) => drainer.bury(partition, buffered, error),
    deadLetters: (partition, limit) => drainer.deadLetters(partition, limit),
    forget: (partition, ids) => drainer.forget(partition, ids),
  };
}
