import { Redis } from "ioredis";
import { MongoClient } from "mongodb";
import { textMarksIn } from "./checker-journal.ts";

/** The marks of all texts that a Redis and a database hold, wherever in them: to be asked once changes are stored. */
export async function remainingTexts(redisUrl: string, mongodbUrl: string): Promise<Set<string>> {
  const marks = await Promise.all([inRedis(redisUrl), inMongodb(mongodbUrl)]);
  return new Set(marks.flatMap((set) => [...set]));
}

async function inRedis(url: string): Promise<Set<string>> {
  const redis = new Redis(url);
  const readers: Readonly<Record<string, (key: string) => Promise<unknown>>> = {
    string: (key) => redis.get(key),
    hash: (key) => redis.hgetall(key),
    stream: (key) => redis.xrange(key, "-", "+"),
    zset: (key) => redis.zrangebyscore(key, "-inf", "+inf"),
    set: (key) => redis.smembers(key),
    list: (key) => redis.lrange(key, 0, -1),
  };
  const marks = new Set<string>();
  try {
    for (const key of await redis.keys("*")) {
      const raw = JSON.stringify(await readers[await redis.type(key)]?.(key)) ?? "";
      for (const mark of textMarksIn(raw)) marks.add(mark);
    }
    return marks;
  } finally {
    redis.disconnect();
  }
}

async function inMongodb(url: string): Promise<Set<string>> {
  const client = await new MongoClient(url).connect();
  try {
    const collections = await client.db().collections();
    const documents = await Promise.all(collections.map((collection) => collection.find().toArray()));
    return textMarksIn(JSON.stringify(documents));
  } finally {
    await client.close();
  }
}
