import { afterAll, beforeAll } from "vitest";
import { MongoConnection } from "../../src/adapters/mongodb/mongo-client.ts";
import { MongoMessageStore } from "../../src/adapters/mongodb/mongo-message-store.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { messageStoreContract } from "./message-store.contract.ts";

let server: MongoServer;
let databases = 0;

beforeAll(async () => {
  server = await startMongoServer();
});

afterAll(() => server.stop());

messageStoreContract("the store in MongoDB", () => {
  const url = server.url(`weir-store-${process.pid}-${++databases}`);
  const connection = new MongoConnection({ url, clock: systemClock });
  return Promise.resolve({ store: new MongoMessageStore(connection), close: () => connection.close() });
});
