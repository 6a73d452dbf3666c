import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { freePort } from "./free-port.ts";
import { ContainerProcess, LocalProcess, type ServerProcess } from "./mongo-process.ts";
import { buildFerretdb } from "./setup-ferretdb.ts";
import { findOwnMongo, type MongoKind, mongoImage } from "./setup-mongo.ts";
import { until } from "./until.ts";

export interface MongoServer {
  /** What it is: the servers differ in speed and in what they can be trusted with. */
  readonly kind: MongoKind;
  /** The connection string of a database on it. */
  url(database: string): string;
  /** Ends it at once, as a crash would. Rejects where the server is not ours. */
  kill(): Promise<void>;
  /** Starts it again on the same port with the same data. Resolves when it answers. */
  restart(): Promise<void>;
  /** Ends it and removes its data; on a server that is not ours, the databases that were asked for. */
  stop(): Promise<void>;
}

export interface MongoServerOptions {
  /** Folder of the data, kept after the stop. Without it a temporary one. */
  readonly dir?: string;
  /** One that the test may kill: never the server of `MONGODB_URL`. */
  readonly own?: boolean;
}

/**
 * Starts a real MongoDB-protocol server on a free port: `MONGODB_URL`, else `mongod`, else a container, else FerretDB.
 * Rejects with one line that says what to install where there is none of them.
 */
export async function startMongoServer(options: MongoServerOptions = {}): Promise<MongoServer> {
  const given = process.env["MONGODB_URL"];
  const kind = given && !options.own ? "url" : await findOwnMongo();
  return kind === "url" ? givenServer(given ?? "") : ownServer(kind, options);
}

function givenServer(base: string): MongoServer {
  const asked = new Set<string>();
  const notOurs = (): Promise<never> =>
    Promise.reject(new Error("the server of MONGODB_URL can't be stopped by a test"));
  const url = (database: string): string => {
    asked.add(database);
    const parsed = /^(mongodb(?:\+srv)?:\/\/[^/?]+)(?:\/[^?]*)?(\?.*)?$/.exec(base);
    if (parsed === null) throw new Error("MONGODB_URL is not a connection string");
    return `${parsed[1] ?? ""}/${database}${parsed[2] ?? ""}`;
  };
  const dropAll = async (): Promise<void> => {
    const client = new MongoClient(base);
    for (const name of asked) await client.db(name).dropDatabase();
    await client.close();
  };
  return { kind: "url", url, kill: notOurs, restart: notOurs, stop: dropAll };
}

async function ownServer(kind: Exclude<MongoKind, "url">, options: MongoServerOptions): Promise<MongoServer> {
  const folder = options.dir ?? (await mkdtemp(join(tmpdir(), "weir-mongo-")));
  const port = await freePort();
  // Concurrent updates of one document lose on FerretDB: there, one connection keeps them apart.
  const query = kind === "ferretdb" ? "?maxPoolSize=1" : "?directConnection=true";
  const url = (database: string): string => `mongodb://127.0.0.1:${port}/${database}${query}`;
  const server = await processOf(kind, port, folder);
  const start = async (): Promise<void> => {
    await server.start();
    await until(() => pings(url("admin")), { within: 60_000 });
  };
  const stop = async (): Promise<void> => {
    await server.remove();
    if (options.dir === undefined) await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (cause) {
    await stop();
    throw new Error(`${kind} does not start: ${server.lastWords()}`, { cause });
  }
  return { kind, url, kill: () => server.kill(), restart: start, stop };
}

async function processOf(kind: Exclude<MongoKind, "url">, port: number, folder: string): Promise<ServerProcess> {
  if (kind === "container") return new ContainerProcess(mongoImage, port);
  if (kind === "ferretdb") return new LocalProcess(await buildFerretdb(), [`127.0.0.1:${port}`, folder]);
  return new LocalProcess("mongod", ["--dbpath", folder, "--port", String(port), "--bind_ip", "127.0.0.1"]);
}

async function pings(url: string): Promise<boolean> {
  const client = new MongoClient(url, { serverSelectionTimeoutMS: 500 });
  try {
    await client.db().command({ ping: 1 });
    return true;
  } finally {
    await client.close();
  }
}
