import { spawnSync } from "node:child_process";
import { MongoClient } from "mongodb";
import { io } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTokenSigner } from "../../src/adapters/jose/token-signer.ts";
import { documentId, type MessageDocument, toDocument } from "../../src/adapters/mongodb/message-document.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { Deployment, testSecret } from "../harness/deployment.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { until } from "../harness/until.ts";

const database = "weir_dead_letters";
let mongo: MongoServer;
let weir: Deployment;
let client: MongoClient;

beforeAll(async () => {
  mongo = await startMongoServer();
  weir = await Deployment.start({ mongo, database, gateways: 1, flushers: 1 });
  client = new MongoClient(mongo.url(database));
});

afterAll(async () => {
  await client.close();
  await weir[Symbol.asyncDispose]();
  await mongo.stop();
});

function deadletter(action: "list" | "replay"): unknown[] {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ["bin/weir.js", "deadletter", action, "--partitions", "4"],
    {
      encoding: "utf8",
      env: { PATH: process.env["PATH"] ?? "", WEIR_REDIS_URL: weir.redis.url, WEIR_MONGODB_URL: mongo.url(database) },
    },
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  return stdout
    .split("\n")
    .filter(Boolean)
    .map((line): unknown => JSON.parse(line));
}

const intruder = { room: "r", epoch: "1", seq: 2, at: 1, id: "intruder", from: { id: "eve" } } as const;

test("a message whose place is taken is put aside, listed, and stored by a replay once the place is free", async () => {
  const token = await createTokenSigner({ secret: testSecret, clock: systemClock })({
    sub: "ada",
    expiresInMs: 600_000,
  });
  const socket = io(`${weir.door(0)}/chat`, { path: "/rt", transports: ["websocket"], auth: { token } });
  const send = (id: string): Promise<unknown> =>
    socket.timeout(10_000).emitWithAck("message:send", { room: "r", id, text: id });
  await socket.timeout(10_000).emitWithAck("room:join", { room: "r" });
  await send("first");
  await weir.stored();
  const messages = client.db().collection<MessageDocument>("messages");
  const taken = documentId("r", 2);
  await messages.insertOne(toDocument({ ...intruder, kind: "message", text: "mine" }));

  expect(await send("second")).toMatchObject({ ok: true, seq: 2 });
  await until(() => deadletter("list").length === 1, { within: 20_000, every: 200 });
  expect(deadletter("list")).toMatchObject([
    { raw: expect.stringContaining('"id":"second"') as unknown, error: expect.stringContaining("conflict") as unknown },
  ]);
  expect(deadletter("replay")).toMatchObject([{ kind: "refused" }]);
  expect(await messages.findOne({ _id: taken })).toMatchObject({ id: intruder.id });

  await messages.deleteOne({ _id: taken });
  expect(deadletter("replay")).toMatchObject([{ kind: "stored" }]);
  expect(deadletter("list")).toEqual([]);
  expect(await messages.findOne({ _id: taken })).toMatchObject({ id: "second" });
  socket.disconnect();
});
