import { type Collection, MongoClient } from "mongodb";
import type { Clock } from "../../kernel/clock.ts";
import { ChatError } from "../../protocol/errors.ts";
import { mapMongoError } from "./map-mongo-error.ts";
import type { MessageDocument } from "./message-document.ts";

export interface MongoConnectionOptions {
  /** With the database in its path. */
  readonly url: string;
  readonly clock: Clock;
  /** Longest time for a read, ms. */
  readonly readTimeoutMs?: number;
  /** Longest time for a write, ms. Longer, since a batch waits for a majority. */
  readonly writeTimeoutMs?: number;
  /** Told of each call that has ended. */
  readonly onCall?: (call: StoreCall) => void;
}

export interface StoreCall {
  readonly operation: "read" | "write";
  readonly result: "ok" | "error";
  readonly seconds: number;
}

/** How long to look for a server that can take the command, ms: about what an election takes. */
const serverSelectionMs = 3_000;

type Call<T> = (messages: Collection<MessageDocument>, maxTimeMS: number) => Promise<T>;

/** The connection to MongoDB. It is made with the first call and found again by itself; no call waits longer than its timeout. */
export class MongoConnection {
  readonly #options: Required<MongoConnectionOptions>;
  #client: MongoClient;
  #connecting: Promise<MongoClient> | undefined;
  #closed = false;

  /** @throws Error with one line for the operator when the URL can't be used */
  constructor(options: MongoConnectionOptions) {
    this.#options = { readTimeoutMs: 10_000, writeTimeoutMs: 30_000, onCall: () => {}, ...options };
    this.#client = newClient(this.#options);
  }

  /** For what someone waits for. */
  read<T>(call: Call<T>): Promise<T> {
    const { readTimeoutMs } = this.#options;
    return this.#told("read", () =>
      this.#bounded(readTimeoutMs, async () => call(this.#messages(await this.#connected()), readTimeoutMs)),
    );
  }

  /** For a batch, with the reads that belong to it. */
  write<T>(call: Call<T>): Promise<T> {
    const { writeTimeoutMs } = this.#options;
    return this.#told("write", () =>
      this.#bounded(writeTimeoutMs, async () => call(this.#messages(await this.#connected()), writeTimeoutMs)),
    );
  }

  /** Resolves when the server answers. */
  async ping(): Promise<void> {
    await this.#bounded(this.#options.readTimeoutMs, async () => (await this.#connected()).db().command({ ping: 1 }));
  }

  /** Lets go of all sockets. Idempotent. What is called afterwards rejects with UNAVAILABLE. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#client.close();
  }

  #messages(client: MongoClient): Collection<MessageDocument> {
    return client.db().collection("messages", {
      // What was acknowledged must survive the loss of the primary, and the next read must see it.
      writeConcern: { w: "majority", journal: true, wtimeoutMS: this.#options.writeTimeoutMs },
      readPreference: "primary",
    });
  }

  #connected(): Promise<MongoClient> {
    if (this.#closed) return Promise.reject(new ChatError("UNAVAILABLE", "the store is closed"));
    this.#connecting ??= this.#connect();
    return this.#connecting;
  }

  /**
   * Once connected, a client finds its servers again by itself. One whose first connection failed may stay closed for good (driver
   * 7.9, calls at the same time), so the next try takes a new one.
   */
  async #connect(): Promise<MongoClient> {
    const client = this.#client;
    try {
      return await client.connect();
    } catch (error) {
      this.#client = newClient(this.#options);
      this.#connecting = undefined;
      await client.close();
      throw error;
    }
  }

  async #told<T>(operation: StoreCall["operation"], call: () => Promise<T>): Promise<T> {
    const { clock, onCall } = this.#options;
    const start = clock.monotonic();
    const tell = (result: StoreCall["result"]): void =>
      onCall({ operation, result, seconds: (clock.monotonic() - start) / 1_000 });
    try {
      const value = await call();
      tell("ok");
      return value;
    } catch (error) {
      tell("error");
      throw error;
    }
  }

  /** The driver bounds each step of a call but not the whole of it. What is given up here may still be done. */
  #bounded<T>(ms: number, call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new ChatError("UNAVAILABLE", `the store did not answer within ${ms} ms`));
      const cancel = this.#options.clock.schedule(ms, giveUp);
      void call()
        .then(resolve, (error: unknown) => reject(mapMongoError(error)))
        .finally(cancel);
    });
  }
}

function newClient({ url, readTimeoutMs, writeTimeoutMs }: Required<MongoConnectionOptions>): MongoClient {
  if (!/^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/.test(url)) {
    throw new Error("the MongoDB URL names no database: mongodb://host/database");
  }
  try {
    return new MongoClient(url, {
      appName: "weir",
      serverSelectionTimeoutMS: serverSelectionMs,
      connectTimeoutMS: serverSelectionMs,
      waitQueueTimeoutMS: serverSelectionMs,
      socketTimeoutMS: Math.max(readTimeoutMs, writeTimeoutMs),
      ignoreUndefined: true,
    });
  } catch (error) {
    throw withoutUrl(error, url);
  }
}

/** Neither the URL nor the cause: there may be a password in both. */
function withoutUrl(error: unknown, url: string): Error {
  const why = error instanceof Error ? error.message.replaceAll(url, "(it)") : "";
  return new Error(`the MongoDB URL can't be used: ${why}`);
}
