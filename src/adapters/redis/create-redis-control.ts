import type { Redis } from "ioredis";
import type { Backlog, BacklogReader, FleetReader } from "../../controller/ports/sources.ts";
import type { Clock } from "../../kernel/clock.ts";
import type { Lease } from "../../leadership/lease.ts";
import type { Service } from "../../lifecycle/service.ts";
import type { PolicyPublisher } from "../../policies/index.ts";
import type { Logger } from "../../telemetry/logger.ts";
import { activeRooms } from "./active-rooms.ts";
import { type PartitionKeys, partitionKeys } from "./keys.ts";
import { createRedisClient } from "./redis-client.ts";
import { RedisConnection } from "./redis-connection.ts";
import { loadsIn } from "./redis-fleet.ts";
import { RedisLease } from "./redis-lease.ts";
import { RedisPolicies } from "./redis-policies.ts";
import { readRedisUrl } from "./redis-url.ts";
import { textList } from "./reply.ts";

export interface RedisControlOptions {
  readonly url: string;
  readonly partitions: number;
  /** A gateway that was silent for longer is not in the fleet, ms. */
  readonly fleetMemoryMs: number;
  readonly clock: Clock;
  /** A number in [0, 1). */
  readonly random: () => number;
  readonly logger: Logger;
  /** How long one command may take, ms. */
  readonly commandTimeoutMs?: number;
  /** As of the gateways and flushers. */
  readonly prefix?: string;
}

/** What the controller does with Redis, over one connection. It starts also while Redis is away: to say so is part of its work. */
export interface RedisControl extends Service, FleetReader, BacklogReader {
  readonly policies: PolicyPublisher;
  /** Rooms with a member on any gateway, in no promised order. Rejects with UNAVAILABLE. */
  activeRooms(): Promise<string[]>;
  /** By which others are elected. */
  lease(name: string): Lease;
}

/** Throws a ConfigError where the URL can't be understood or is of a kind that is not supported. */
export function createRedisControl(options: RedisControlOptions): RedisControl {
  const { random, clock, logger, commandTimeoutMs = 1_000, prefix = "weir:" } = options;
  const client: Redis = createRedisClient("commands", { url: readRedisUrl(options.url), random, commandTimeoutMs });
  const connection = new RedisConnection({ client, use: "commands", clock, logger });
  const partitions = Array.from({ length: options.partitions }, (_, p) => partitionKeys(prefix, p));
  return {
    name: "redis",
    policies: new RedisPolicies({ connection, key: `${prefix}{policies}` }),
    activeRooms: () => activeRooms(connection, prefix),
    lease: (name) => new RedisLease(connection, `${prefix}lease:${name}`),
    loads: async () => loadsIn(await connection.run("readFleet", [`${prefix}{fleet}`], [options.fleetMemoryMs])),
    backlog: () => backlogOf(connection, partitions),
    start: async () => connection.open(),
    stop: () => connection.close(),
  };
}

async function backlogOf(connection: RedisConnection, partitions: readonly PartitionKeys[]): Promise<Backlog> {
  const depthOf = async ({ buffer, erasedInBuffer }: PartitionKeys): Promise<string[]> =>
    textList(await connection.run("readDepth", [buffer, erasedInBuffer], []));
  const depths = await Promise.all(partitions.map(depthOf));
  return {
    entries: depths.reduce((sum, [entries]) => sum + Number(entries), 0),
    oldestAgeMs: Math.max(0, ...depths.map(([, age]) => Number(age))),
  };
}
