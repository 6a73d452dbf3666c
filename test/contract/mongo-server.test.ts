import { MongoClient } from "mongodb";
import { expect, test } from "vitest";
import { startMongoServer } from "../harness/mongo-server.ts";

test("the server of the tests is real: what it acknowledged is there after a crash and a new start", async ({
  onTestFinished,
}) => {
  const server = await startMongoServer({ own: true });
  onTestFinished(() => server.stop());
  const client = new MongoClient(server.url("crash"), { serverSelectionTimeoutMS: 10_000 });
  onTestFinished(() => client.close());
  const things = client.db().collection<{ _id: number }>("things");
  const ids = Array.from({ length: 500 }, (_, i) => i);
  await things.insertMany(ids.map((_id) => ({ _id })));
  await server.kill();
  await server.restart();
  const found = await things.find().toArray();
  expect(found.map(({ _id }) => _id).sort((a, b) => a - b)).toEqual(ids);
});
