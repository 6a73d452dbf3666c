import { setTimeout as wait } from "node:timers/promises";
import { Redis } from "ioredis";
import { type Contender, weirContender } from "../bench/contenders.ts";
import { joinAsMember, type Member } from "../bench/member.ts";
import { startWeir } from "../bench/weir.ts";
import { startMongoServer } from "../test/harness/mongo-server.ts";
import { startRedisServer } from "../test/harness/redis-server.ts";
import type { WeirProcess } from "../test/harness/weir-process.ts";
import type { JoinCost } from "./measurement.ts";
import { findStore, read, type Watched } from "./meter.ts";
import { type Confinement, familyOf, type PodSize } from "./pod-size.ts";

/** Gateways of one size with everything behind them. */
export interface World extends AsyncDisposable {
  readonly gateways: readonly WeirProcess[];
  readonly contenders: readonly Contender[];
  readonly flusher: WeirProcess;
  readonly redis: Redis;
  readonly redisUrl: string;
  readonly storePid: number | undefined;
  readonly storeKind: string;
}

/** What a deployment has by default, and a benchmark sets out of the way. */
const asDeployed = { WEIR_PARTITIONS: "16", WEIR_BUFFER_MAX_MESSAGES: "100000", WEIR_SHED_LOOP_DELAY: "50ms" };

export async function startWorld(size: PodSize, confinement: Confinement, count: number): Promise<World> {
  await using stack = new AsyncDisposableStack();
  stack.defer(() => confinement.release());
  const mongo = await startMongoServer();
  stack.defer(() => mongo.stop());
  const server = stack.use(await startRedisServer({ appendOnly: true }));
  const mongodbUrl = mongo.url(`capacity_${process.pid}`);
  const stores = { redisUrl: server.url, mongodbUrl, mongoKind: mongo.kind };
  const flusher = await startWeir("flusher", stores, asDeployed);
  stack.defer(async () => void (await flusher.terminate()));
  const gateways: WeirProcess[] = [];
  while (gateways.length < count) {
    const memoryLimit = `${Math.floor(size.memoryBytes / size.workers)}B`;
    const env = { ...asDeployed, WEIR_WORKERS: String(size.workers), WEIR_MEMORY_LIMIT: memoryLimit };
    const gateway = await startWeir("gateway", stores, env);
    stack.defer(async () => void (await gateway.terminate()));
    gateways.push(gateway);
  }
  const contenders = gateways.map(weirContender);
  confinement.confine(
    gateways.flatMap(({ pid }) => familyOf(pid)),
    size,
  );
  const redis = new Redis(server.url);
  stack.defer(() => redis.disconnect());
  const owned = stack.move();
  return {
    gateways,
    contenders,
    flusher,
    redis,
    redisUrl: server.url,
    storePid: findStore(/ferretdb|mongod/),
    storeKind: mongo.kind,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The gateways `serving` have members, the others run beside them. */
export function watch(world: World, serving: number): Watched {
  return { ...world, serving: world.gateways.slice(0, serving), idle: world.gateways.slice(serving) };
}

/** Connects clients that join no room, a few at a time. */
export async function connectIdle(contender: Contender, count: number, from: number): Promise<Member[]> {
  const members: Member[] = [];
  while (members.length < count) {
    const batch = Array.from({ length: Math.min(50, count - members.length) }, (_, i) => from + members.length + i);
    members.push(
      ...(await Promise.all(batch.map(async (n) => joinAsMember(contender.port, await contender.dialect(n))))),
    );
  }
  return members;
}

/** What it costs that clients come, and the clients. */
export async function costOf<T>(
  watched: Watched,
  kind: Pick<JoinCost, "clients" | "rooms">,
  come: () => Promise<T>,
): Promise<[JoinCost, T]> {
  const before = await read(watched);
  const result = await come();
  // What comes with a join, such as its first page, is under way for a moment.
  await wait(200);
  const after = await read(watched);
  const cost = {
    ...kind,
    gatewaySeconds: after.cpu.gateways - before.cpu.gateways,
    redisSeconds: after.cpu.redis - before.cpu.redis,
    redisCommands: after.redis.commands - before.redis.commands,
  };
  return [cost, result];
}
