import { execFile } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Recorded } from "./checker-journal.ts";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import type { MongoServer } from "./mongo-server.ts";
import { type RedisServer, type RedisServerOptions, startRedisServer } from "./redis-server.ts";
import { remainingTexts } from "./remaining-texts.ts";
import { storedHistory } from "./stored-history.ts";
import { until } from "./until.ts";
import { launcher, WeirProcess } from "./weir-process.ts";

export interface DeploymentOptions {
  readonly mongo: MongoServer;
  /** A database that no other run uses. */
  readonly database: string;
  readonly gateways: number;
  readonly flushers: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Another entry for the flushers, see `WeirProcess`. */
  readonly flusherScript?: string;
  /** How Redis keeps its data. It has an append-only file that is synced each second, where nothing is said. */
  readonly redis?: RedisServerOptions;
  /** Whether Redis has a replica, for `failOver`. */
  readonly replica?: boolean;
}

/** A copy of Redis, and the link over which it copies. */
export interface Replica {
  readonly server: RedisServer;
  readonly link: FaultProxy;
}

/** How flushers reach both stores. */
interface FlusherLinks {
  readonly redis: FaultProxy;
  /** Absent where the database is not of the test's own. */
  readonly store: FaultProxy | undefined;
}

/** A gateway with a door that clients come through and a link to Redis, both of which can be broken. */
export interface DeployedGateway {
  readonly process: WeirProcess;
  readonly door: FaultProxy;
  readonly redisLink: FaultProxy;
}

/** Shared by all deployments of tests; signs nothing else. */
export const testSecret = "a secret for tests only, long enough for HS256";

/** Weir as it is operated: gateways and flushers in processes of their own, one Redis, one database. */
export class Deployment implements AsyncDisposable {
  readonly gateways: DeployedGateway[] = [];
  readonly flushers: WeirProcess[] = [];
  /** Between all flushers and the stores. */
  readonly flusherLinks: FlusherLinks;
  readonly replica: Replica | undefined;
  readonly #options: DeploymentOptions;
  readonly #servers: AsyncDisposableStack;
  #redis: RedisServer;

  private constructor(options: DeploymentOptions, parts: Stores & { readonly servers: AsyncDisposableStack }) {
    this.#options = options;
    this.#servers = parts.servers;
    this.#redis = parts.redis;
    this.flusherLinks = parts.links;
    this.replica = parts.replica;
  }

  static async start(options: DeploymentOptions): Promise<Deployment> {
    await using servers = new AsyncDisposableStack();
    const stores = await startStores(options, servers);
    const env = settings(options, stores.redis);
    const gateways = await Promise.all(times(options.gateways, () => startGateway(stores.redis, env)));
    const deployment = new Deployment(options, { ...stores, servers: servers.move() });
    deployment.gateways.push(...gateways);
    try {
      await Promise.all(times(options.flushers, () => deployment.addFlusher()));
      return deployment;
    } catch (error) {
      await deployment[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The Redis that takes writes. */
  get redis(): RedisServer {
    return this.#redis;
  }

  /** Kills Redis, and has everyone find the replica in its place, which has a replica of its own then. */
  async failOver(): Promise<void> {
    const { replica } = this;
    if (replica === undefined) throw new Error("there is no replica");
    await this.#redis.kill();
    replica.link.cut();
    await replica.server.promote();
    this.#redis = replica.server;
    this.#servers.use(await startRedisServer({ ...redisOptions(this.#options), replicaOf: replica.server.port }));
    for (const link of [this.flusherLinks.redis, ...this.gateways.map(({ redisLink }) => redisLink)])
      link.retarget(replica.server.port);
  }

  async addFlusher(): Promise<WeirProcess> {
    const { flusherScript } = this.#options;
    const script = flusherScript === undefined ? {} : { script: flusherScript };
    const { redis, store } = this.flusherLinks;
    const env = {
      ...settings(this.#options, this.redis),
      WEIR_REDIS_URL: urlThrough(this.redis.url, redis),
      ...(store === undefined ? {} : { WEIR_MONGODB_URL: urlThrough(mongodbUrl(this.#options), store) }),
    };
    const flusher = await WeirProcess.start({ role: "flusher", env, ...script });
    this.flushers.push(flusher);
    return flusher;
  }

  /** Where clients of this gateway go. */
  door(index: number): string {
    return `http://127.0.0.1:${this.#gateway(index).door.port}`;
  }

  /** The flusher that leads now; undefined where none says so. */
  async leader(): Promise<WeirProcess | undefined> {
    for (const flusher of this.flushers)
      if ((await flusher.metric("weir_leader").catch(() => undefined)) === 1) return flusher;
    return undefined;
  }

  /** Throws when a process has ended that nobody ended. */
  check(): void {
    for (const { process } of this.gateways) process.check();
    for (const flusher of this.flushers) flusher.check();
  }

  /** Resolves when nothing waits to be stored. */
  async stored(within = 120_000): Promise<void> {
    await until(async () => (await this.#measure("weir_buffer_entries")) === 0, { within, every: 200 });
  }

  /** Age of the oldest entry that is not stored, s. */
  async lagSeconds(): Promise<number> {
    return (await this.#measure("weir_buffer_oldest_seconds")) ?? Number.POSITIVE_INFINITY;
  }

  /** All that is stored, by room. */
  history(): Promise<Map<string, Recorded[]>> {
    return storedHistory(mongodbUrl(this.#options));
  }

  /** The marks of all texts that both stores hold, dead letters included. */
  remaining(): Promise<Set<string>> {
    return remainingTexts(this.redis.url, mongodbUrl(this.#options));
  }

  /** Ids of the messages among the dead letters, as `weir deadletter list` gives them. */
  async deadLetterIds(): Promise<Set<string>> {
    const env = { PATH: process.env["PATH"], ...settings(this.#options, this.redis) };
    const { stdout } = await promisify(execFile)(process.execPath, [launcher, "deadletter", "list"], {
      env,
      maxBuffer: 2 ** 28,
    });
    return new Set(stdout.split("\n").flatMap((line) => (line === "" ? [] : idIn(line))));
  }

  /** Writes what the processes logged into a folder, and returns its name. */
  async keepLogs(name: string): Promise<string> {
    const folder = join(tmpdir(), `weir-logs-${name}`);
    await mkdir(folder, { recursive: true });
    const processes = [...this.gateways.map(({ process }) => process), ...this.flushers];
    for (const [i, { role, log }] of processes.entries()) await writeFile(join(folder, `${i}-${role}.log`), log);
    return folder;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const processes = [...this.gateways.map(({ process }) => process), ...this.flushers];
    const ended = await Promise.allSettled(processes.map((process) => process.kill()));
    await Promise.all(this.gateways.flatMap(({ door, redisLink }) => [door.close(), redisLink.close()]));
    await this.#servers.disposeAsync();
    for (const end of ended) if (end.status === "rejected") throw end.reason;
  }

  #gateway(index: number): DeployedGateway {
    const gateway = this.gateways[index];
    if (gateway === undefined) throw new Error(`no gateway ${index}`);
    return gateway;
  }

  /** Of the first flusher that answers: each of them measures the whole buffer. */
  async #measure(metric: "weir_buffer_entries" | "weir_buffer_oldest_seconds"): Promise<number | undefined> {
    for (const flusher of this.flushers) {
      const value = await flusher.metric(metric).catch(() => undefined);
      if (value !== undefined) return value;
    }
    return undefined;
  }
}

/** Limits that protect a service from its users have no place in a load. */
export const unlimited = {
  WEIR_JWT_SECRET: testSecret,
  WEIR_DEFAULT_GRANT: '{"**":["read","write"]}',
  WEIR_RATE_USER: "1000000",
  WEIR_RATE_USER_BURST: "1000000",
  WEIR_RATE_ROOM: "1000000",
  WEIR_RATE_JOIN: "1000000",
  WEIR_RATE_PACKETS: "0",
  WEIR_CONNECTIONS_PER_USER: "0",
  WEIR_RATE_BYTES: "0",
  WEIR_PARTITIONS: "4",
  WEIR_DRAIN_WINDOW: "1s",
  WEIR_LOG_LEVEL: "info",
} as const;

/** The message id in a dead letter's line. */
function idIn(line: string): string[] {
  const letter: unknown = JSON.parse(line);
  const raw: unknown =
    typeof letter === "object" && letter !== null && "raw" in letter ? JSON.parse(String(letter.raw)) : {};
  return typeof raw === "object" && raw !== null && "id" in raw ? [String(raw.id)] : [];
}

function mongodbUrl({ mongo, database }: DeploymentOptions): string {
  return mongo.url(database);
}

function settings(options: DeploymentOptions, redis: RedisServer): Record<string, string> {
  return { ...unlimited, WEIR_MONGODB_URL: mongodbUrl(options), WEIR_REDIS_URL: redis.url, ...options.env };
}

function redisOptions({ redis }: DeploymentOptions): RedisServerOptions {
  return { appendOnly: true, ...redis };
}

interface Stores {
  readonly redis: RedisServer;
  readonly replica: Replica | undefined;
  readonly links: FlusherLinks;
}

/** Redis, its replica, and the links of flushers. A server that goes on keeps the run of the tests from ending, so all are in `servers`. */
async function startStores(options: DeploymentOptions, servers: AsyncDisposableStack): Promise<Stores> {
  const redis = servers.use(await startRedisServer(redisOptions(options)));
  const links = {
    redis: servers.use(await startFaultProxy(redis.port)),
    store: options.mongo.kind === "url" ? undefined : servers.use(await startFaultProxy(portOf(mongodbUrl(options)))),
  };
  if (options.replica !== true) return { redis, links, replica: undefined };
  const link = servers.use(await startFaultProxy(redis.port));
  const server = servers.use(await startRedisServer({ ...redisOptions(options), replicaOf: link.port }));
  return { redis, links, replica: { server, link } };
}

function portOf(url: string): number {
  return Number(/:(\d+)(?:\/|$)/.exec(url)?.[1]);
}

function urlThrough(url: string, link: FaultProxy): string {
  return url.replace(`:${portOf(url)}`, `:${link.port}`);
}

async function startGateway(redis: RedisServer, env: Readonly<Record<string, string>>): Promise<DeployedGateway> {
  const redisLink = await startFaultProxy(redis.port);
  const process = await WeirProcess.start({
    role: "gateway",
    env: { ...env, WEIR_REDIS_URL: `redis://127.0.0.1:${redisLink.port}` },
  });
  return { process, redisLink, door: await startFaultProxy(process.port) };
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
