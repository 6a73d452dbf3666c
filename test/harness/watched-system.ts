import { randomInt } from "node:crypto";
import { testSecret, unlimited } from "./deployment.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { ChatLoad } from "./load.ts";
import { startMongoServer } from "./mongo-server.ts";
import { type Prometheus, startPrometheus } from "./prometheus.ts";
import { type RedisServer, startRedisServer } from "./redis-server.ts";
import { until } from "./until.ts";
import { WeirProcess } from "./weir-process.ts";

export interface WatchedOptions {
  /** Texts of rule files for Prometheus. */
  readonly rules: readonly string[];
  /** Whether Redis has a replica, so that the tier is `safe`. */
  readonly replica?: boolean;
  /** Workers of the second gateway. */
  readonly workers?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface WatchedLoad {
  readonly clients: number;
  /** How many of them poll. */
  readonly polling: number;
  readonly ratePerSecond: number;
  /** All on the first gateway, instead of in turns. */
  readonly onFirst?: boolean;
}

type Parts = Pick<WatchedSystem, "redis" | "gateways" | "flushers" | "redisLink" | "mongoLink" | "prometheus">;

/** Far more than the processes use, so that nothing is shed. */
const memoryLimit = "4GiB";

/** Two gateways, two flushers, their stores behind links that can be broken, and a Prometheus that scrapes them all. */
export class WatchedSystem implements AsyncDisposable {
  readonly redis: RedisServer;
  readonly gateways: readonly WeirProcess[];
  readonly flushers: readonly WeirProcess[];
  /** Of the first gateway to Redis. */
  readonly redisLink: FaultProxy;
  /** Of the flushers to the database. */
  readonly mongoLink: FaultProxy;
  readonly prometheus: Prometheus;
  readonly #all: AsyncDisposableStack;

  private constructor(parts: Parts, all: AsyncDisposableStack) {
    this.redis = parts.redis;
    this.gateways = parts.gateways;
    this.flushers = parts.flushers;
    this.redisLink = parts.redisLink;
    this.mongoLink = parts.mongoLink;
    this.prometheus = parts.prometheus;
    this.#all = all;
  }

  static async start(options: WatchedOptions): Promise<WatchedSystem> {
    await using stack = new AsyncDisposableStack();
    const mongo = await startMongoServer({ own: true });
    stack.defer(() => mongo.stop());
    const redis = stack.use(await startRedisServer({ appendOnly: true }));
    if (options.replica === true) stack.use(await startRedisServer({ replicaOf: redis.port }));
    await redis.ask("CONFIG SET maxmemory 1gb");
    const redisLink = stack.use(await startFaultProxy(redis.port));
    const mongoUrl = new URL(mongo.url(`watched-${randomInt(1_000_000)}`));
    const mongoLink = stack.use(await startFaultProxy(Number(mongoUrl.port)));
    mongoUrl.port = String(mongoLink.port);
    const env = {
      ...unlimited,
      WEIR_MONGODB_URL: mongoUrl.href,
      WEIR_REDIS_URL: redis.url,
      WEIR_MEMORY_LIMIT: memoryLimit,
      WEIR_CANARY_EVERY: "1s",
      ...options.env,
    };
    const start = async (
      role: "gateway" | "flusher",
      more: Readonly<Record<string, string>> = {},
    ): Promise<WeirProcess> => stack.use(await WeirProcess.start({ role, env: { ...env, ...more } }));
    const gateways = [
      await start("gateway", { WEIR_REDIS_URL: `redis://127.0.0.1:${redisLink.port}` }),
      await start("gateway", { WEIR_WORKERS: String(options.workers ?? 1) }),
    ];
    const flushers = [await start("flusher"), await start("flusher")];
    const targets = [...gateways, ...flushers].map(({ opsPort }) => `127.0.0.1:${opsPort}`);
    const prometheus = stack.use(await startPrometheus({ targets, rules: options.rules }));
    return new WatchedSystem({ redis, gateways, flushers, redisLink, mongoLink, prometheus }, stack.move());
  }

  /** Clients on both gateways, some of which poll. */
  load({ clients, polling, ratePerSecond, onFirst = false }: WatchedLoad): ChatLoad {
    return new ChatLoad({
      seed: 1,
      secret: testSecret,
      ratePerSecond,
      deadlineMs: 5_000,
      clients: Array.from({ length: clients }, (_, i) => ({
        id: `user-${i}`,
        url: this.gateways[onFirst ? 0 : i % 2]?.url ?? "",
        rooms: ["hall", `room-${i % 3}`],
        polling: i < polling,
      })),
    });
  }

  /** The flusher that leads. */
  async leader(): Promise<WeirProcess> {
    const leads = async (flusher: WeirProcess): Promise<boolean> =>
      (await flusher.metric("weir_leader").catch(() => 0)) === 1;
    return until(
      async () => {
        for (const flusher of this.flushers) if (await leads(flusher)) return flusher;
        return undefined;
      },
      { within: 60_000, every: 100 },
    );
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#all.disposeAsync();
  }
}
