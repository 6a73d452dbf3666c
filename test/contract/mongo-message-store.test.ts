import { afterAll, beforeAll } from "vitest";
import { MongoConnection } from "../../src/adapters/mongodb/mongo-client.ts";
import { MongoMessageStore } from "../../src/adapters/mongodb/mongo-message-store.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { messageStoreContract } from "./message-store.contract.ts";
import type { StoreUnderTest } from "./message-store-fixtures.ts";

let server: MongoServer;
let databases = 0;

beforeAll(async () => {
  server = await startMongoServer();
});

afterAll(() => server.stop());

const makeStore = (): Promise<StoreUnderTest> => {
  const url = server.url(`weir-store-${process.pid}-${++databases}`);
  const connection = new MongoConnection({ url, clock: systemClock });
  return Promise.resolve({ store: new MongoMessageStore(connection), close: () => connection.close() });
};

// FerretDB looks through the whole collection for each query.
messageStoreContract("the store in MongoDB", makeStore, { histories: 20 });
