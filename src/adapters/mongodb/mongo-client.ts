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
}

/** How long to look for a server that can take the command, ms. An election takes about as long. */
const serverSelectionMs = 3_000;

type Call<T> = (messages: Collection<MessageDocument>, maxTimeMS: number) => Promise<T>;

/** The connection to MongoDB. It is made with the first call and found again by itself; no call waits longer than its timeout. */
export class MongoConnection {
  readonly #client: MongoClient;
  readonly #messages: Collection<MessageDocument>;
  readonly #clock: Clock;
  readonly #readTimeoutMs: number;
  readonly #writeTimeoutMs: number;

  /** @throws Error with one line for the operator when the URL can't be used */
  constructor({ url, clock, readTimeoutMs = 5_000, writeTimeoutMs = 30_000 }: MongoConnectionOptions) {
    if (!/^mongodb(\+srv)?:\/\/[^/]+\/[^?]+/.test(url)) {
      throw new Error("the MongoDB URL names no database: mongodb://host/database");
    }
    this.#clock = clock;
    this.#readTimeoutMs = readTimeoutMs;
    this.#writeTimeoutMs = writeTimeoutMs;
    this.#client = new MongoClient(url, {
      appName: "weir",
      serverSelectionTimeoutMS: serverSelectionMs,
      connectTimeoutMS: serverSelectionMs,
      waitQueueTimeoutMS: serverSelectionMs,
      socketTimeoutMS: Math.max(readTimeoutMs, writeTimeoutMs),
      ignoreUndefined: true,
    });
    this.#messages = this.#client.db().collection<MessageDocument>("messages", {
      // What was acknowledged must survive the loss of the primary, and the next read must see it.
      writeConcern: { w: "majority", journal: true, wtimeoutMS: writeTimeoutMs },
      readPreference: "primary",
    });
  }

  read<T>(call: Call<T>): Promise<T> {
    return this.#bounded(this.#readTimeoutMs, () => call(this.#messages, this.#readTimeoutMs));
  }

  write<T>(call: Call<T>): Promise<T> {
    return this.#bounded(this.#writeTimeoutMs, () => call(this.#messages, this.#writeTimeoutMs));
  }

  /** Resolves when the server answers. */
  async ping(): Promise<void> {
    await this.#bounded(this.#readTimeoutMs, () => this.#client.db().command({ ping: 1 }));
  }

  /** Lets go of all sockets. Idempotent. */
  close(): Promise<void> {
    return this.#client.close();
  }

  /** The driver bounds each step of a call but not the whole of it. What is given up here may still be done. */
  #bounded<T>(ms: number, call: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new ChatError("UNAVAILABLE", `the store did not answer within ${ms} ms`));
      const cancel = this.#clock.schedule(ms, giveUp);
      call()
        .then(resolve, (error: unknown) => reject(mapMongoError(error)))
        .finally(cancel);
    });
  }
}
