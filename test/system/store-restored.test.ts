import { randomInt } from "node:crypto";
import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, test } from "vitest";
import { connect, type Room } from "../../src/client/index.ts";
import { Deployment, testSecret } from "../harness/deployment.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { signTestToken } from "../harness/sign-token.ts";
import { until } from "../harness/until.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

async function send(room: Room, count: number): Promise<void> {
  for (let i = 0; i < count; i++) await room.send(`message ${i}`);
}

/** What Redis does by itself once a room has been quiet for ten minutes. */
async function forget(room: string, url: string): Promise<void> {
  const redis = new Redis(url);
  const keys = [...(await redis.keys(`*:seq:${room}`)), ...(await redis.keys(`*:room:${room}`))];
  expect(await redis.del(...keys)).toBe(2);
  redis.disconnect();
}

test("after a restore of an older backup and a restart of Redis, no place is given out again and members hear what is sent", async () => {
  const database = `restored-${randomInt(1_000_000)}`;
  await using deployment = await Deployment.start({ mongo, database, gateways: 1, flushers: 1 });
  const store = new MongoClient(mongo.url(database));
  const client = connect({ url: deployment.door(0), token: signTestToken(testSecret, { sub: "ada" }) });
  try {
    const messages = store.db().collection("messages");
    const room = client.join("quiet");
    const heard: number[] = [];
    room.on("entries", (entries) => heard.push(...entries.map(({ seq }) => seq)));
    await send(room, 20);
    await deployment.stored();
    const backup = await messages.find().toArray();
    await send(room, 10);
    await deployment.stored();
    const { epoch } = await room.send("the last before");
    await deployment.stored();

    await messages.deleteMany({});
    await messages.insertMany(backup);
    await forget("quiet", deployment.redis.url);
    await deployment.redis.restart("kept");

    const after = await room.send("the first after");
    expect(after.seq).toBe(32);
    expect(after.epoch).not.toBe(epoch);
    await until(() => heard.includes(32));
    expect(new Set(heard).size).toBe(heard.length);
  } finally {
    client.close();
    await store.close();
  }
});
