import { afterEach, describe, expect, test } from "vitest";
import type { RedisLog, RedisLogOptions } from "../../src/adapters/redis/create-redis-log.ts";
import { ChatError } from "../../src/protocol/errors.ts";
import type { Appended } from "../../src/write-behind/index.ts";
import { testRedisLog, wholeLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { fill, message, recorder, seqs, span } from "./message-log-fixtures.ts";

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).toReversed()) await one[Symbol.asyncDispose]();
});

async function server(): Promise<RedisServer> {
  const redis = await startRedisServer({ appendOnly: true, sync: "always" });
  open.push(redis);
  return redis;
}

/** A gateway's log; those of one test share a namespace. */
async function gateway(redis: RedisServer, options: Partial<RedisLogOptions> = {}): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix: "weir:", commandTimeoutMs: 2_000, graceMs: 50, ...options });
  open.push({ [Symbol.asyncDispose]: () => log.stop() });
  await log.start();
  return log;
}

/** Appends as a client does: again with the same id until there is an answer. */
function insist(log: RedisLog, id: string, room = "r"): Promise<Appended> {
  return until(() => log.log.append(message(room, id)), { within: 20_000 });
}

/** Stores what is buffered as far as `seq`, and trims it. */
async function drain(log: RedisLog, seq: number): Promise<void> {
  const upTo = (await log.drainer.read(0, 1_000)).findLast(({ entry }) => (entry?.seq ?? 0) <= seq)?.cursor ?? "";
  await log.drainer.trim({ partition: 0, token: 1, upTo, rooms: [{ room: "r", seq }] });
}

describe("Redis is killed and started again with its append-only file", () => {
  test("no acknowledged append is missing, each is in its place once, and the seqs have no hole", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const answers = new Map<string, Appended>();
    const sender = async (name: string): Promise<void> => {
      for (let i = 1; i <= 100; i++) answers.set(`${name}-${i}`, await insist(log, `${name}-${i}`));
    };
    const senders = span(1, 20).map((i) => sender(`s${i}`));
    await until(() => answers.size > 500);
    await redis.kill();
    expect(answers.size).toBeLessThan(2_000);
    await redis.restart();
    await Promise.all(senders);

    const entries = await log.log.range("r", { after: 0, limit: 5_000 });
    expect(seqs(entries)).toEqual(span(1, 2_000));
    const places = new Map(entries.map(({ id, epoch, seq, at }) => [id, { epoch, seq, at }]));
    for (const [id, { duplicate: _again, durability: _tier, ...place }] of answers)
      expect(places.get(id)).toEqual(place);
  });

  test("what is appended from then on has a higher epoch, and the next seq", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const before = await insist(log, "before");
    await redis.restart();
    const after = await insist(log, "after");
    expect(after.seq).toBe(before.seq + 1);
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
    expect(await log.log.head("r")).toMatchObject({ epoch: after.epoch, seq: after.seq });
  });

  test("several gateways agree on one new epoch", async () => {
    const redis = await server();
    const gateways = [await gateway(redis), await gateway(redis), await gateway(redis)];
    await redis.restart();
    const answers = await Promise.all(gateways.map((log, i) => insist(log, `m${i}`)));
    expect(new Set(answers.map(({ epoch }) => epoch)).size).toBe(1);
    expect(seqs(answers).sort((a, b) => a - b)).toEqual([1, 2, 3]);
  });

  test("a retry from before is still known", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const before = await insist(log, "once");
    await redis.restart();
    expect(await insist(log, "once")).toEqual({ ...before, duplicate: true });
  });

  test("feeds live again by themselves, and say that something may be missing only then", async () => {
    const redis = await server();
    const [log, other] = [await gateway(redis), await gateway(redis)];
    const heard = recorder();
    let interruptions = 0;
    log.feed.onInterruption(() => {
      interruptions++;
    });
    await log.feed.subscribe("r", heard);
    await insist(other, "a");
    await until(() => heard.entries.length === 1);
    await redis.restart();
    await until(() => interruptions === 1, { within: 20_000 });
    await insist(other, "b");
    await until(() => heard.entries.length === 2);
    expect(heard.entries.map(({ id }) => id)).toEqual(["a", "b"]);
  });
});

describe("Redis comes back without its last writes", () => {
  test("a room goes on after what any gateway saw of it", async () => {
    const redis = await server();
    const [reader, sender] = [await gateway(redis, { graceMs: 1_000 }), await gateway(redis, { graceMs: 1_000 })];
    await reader.feed.subscribe("r", recorder());
    await fill(wholeLog(sender), "r", 10);
    await sender.stop();
    await redis.restart("empty");
    const late = await gateway(redis, { graceMs: 1_000 });
    const next = await insist(late, "next");
    expect(next.seq).toBe(11);
    expect(await late.log.head("r")).toMatchObject({ seq: 11 });
  });

  test("a room goes on after what is on its way to the store", async () => {
    const redis = await server();
    const [flusher, sender] = [await gateway(redis, { graceMs: 1_000 }), await gateway(redis, { graceMs: 1_000 })];
    await fill(wholeLog(sender), "r", 10);
    await flusher.drainer.read(0, 100);
    await sender.stop();
    await redis.restart("empty");
    const late = await gateway(redis, { graceMs: 1_000 });
    expect(await insist(late, "next")).toMatchObject({ seq: 11 });
  });

  test("a room that nobody saw goes on after what the store has", async () => {
    const redis = await server();
    const first = await gateway(redis);
    await fill(wholeLog(first), "r", 10);
    await first.stop();
    await redis.restart("empty");
    const log = await gateway(redis, { highestStored: () => Promise.resolve(6) });
    expect(await log.log.head("r")).toMatchObject({ seq: 6, storedSeq: 6 });
    expect(await insist(log, "next")).toMatchObject({ seq: 7, duplicate: false });
  });

  test("from an older copy, nothing that the store has is given out again, and the hole is left to the store", async () => {
    const redis = await server();
    const highestStored = (): Promise<number> => Promise.resolve(stored);
    let stored = 0;
    const first = await gateway(redis, { highestStored });
    await fill(wholeLog(first), "r", 5);
    const copy = await redis.copyData();
    await fill(wholeLog(first), "r", 5, "late");
    await drain(first, 10);
    stored = 10;
    await first.stop();
    await redis.restart({ copy });

    const log = await gateway(redis, { highestStored });
    const { seq } = await insist(log, "next");
    expect(seq).toBe(11);
    expect(seqs(await log.log.range("r", { after: 0, limit: 100 }))).toEqual([1, 2, 3, 4, 5, 11]);
    expect((await log.drainer.read(0, 100)).map(({ entry }) => entry?.seq)).toEqual([1, 2, 3, 4, 5, 11]);
  });

  test("a late retry of an entry that the store has and Redis lost gets the first answer", async () => {
    const redis = await server();
    const first = await gateway(redis);
    const answer = await first.log.append(message("r", "late"));
    const stored = (await first.drainer.read(0, 10)).flatMap(({ entry }) => entry ?? []);
    await first.stop();
    await redis.restart("empty");
    const log = await gateway(redis, {
      highestStored: () => Promise.resolve(1),
      storedAfter: (_room, seq) => Promise.resolve(stored.filter((entry) => entry.seq > seq)),
    });
    expect(await insist(log, "late")).toEqual({ ...answer, duplicate: true });
    expect(await insist(log, "next")).toMatchObject({ seq: 2, duplicate: false });
  });

  test("an id that the store has and Redis lost is a conflict for another use, also after an edit or a delete of the message", async () => {
    const redis = await server();
    const first = await gateway(redis);
    for (const id of ["plain", "edited", "deleted"]) await first.log.append(message("r", id));
    const [plain, edited, deleted] = (await first.drainer.read(0, 10)).flatMap(({ entry }) => entry ?? []);
    if (plain === undefined || edited === undefined || deleted === undefined) throw new Error("not appended");
    const { text: _erased, ...rest } = deleted;
    const stored = [
      plain,
      { ...edited, text: "as edited", edited: { seq: 4, at: edited.at } },
      { ...rest, deleted: { seq: 5, at: deleted.at, by: "ada" } },
    ];
    await first.stop();
    await redis.restart("empty");
    const log = await gateway(redis, {
      highestStored: () => Promise.resolve(3),
      storedAfter: (_room, seq) => Promise.resolve(stored.filter((entry) => entry.seq > seq)),
    });
    await insist(log, "next");
    const other = (id: string): Promise<Appended> => log.log.append(message("r", id, { kind: "delete", target: 1 }));
    for (const id of ["plain", "edited", "deleted"]) {
      expect(await log.log.append(message("r", id))).toMatchObject({ duplicate: true });
      await expect(other(id)).rejects.toMatchObject({ code: "CONFLICT" });
    }
    const otherText = log.log.append(message("r", "plain", { text: "another" }));
    await expect(otherText).rejects.toMatchObject({ code: "CONFLICT" });
  });

  test("a first answer that an older version wrote, without a content mark, is still an answer", async () => {
    const redis = await server();
    const log = await gateway(redis);
    await insist(log, "first");
    const { pub } = log.adapterClients();
    await until(() => pub.set("weir:{p0}:dup:r|old|ada", "5:1:1700000000000").then(() => true));
    const again = await log.log.append(message("r", "old"));
    expect(again).toMatchObject({ epoch: "5", seq: 1, at: 1_700_000_000_000, duplicate: true });
  });

  test("a trim that was on its way when it happened removes nothing that came after", async () => {
    const redis = await server();
    const log = await gateway(redis);
    await fill(wholeLog(log), "r", 3);
    const cursor = (await log.drainer.read(0, 10)).at(-1)?.cursor ?? "";
    await redis.restart("empty");
    const { seq } = await insist(log, "after");
    const [ms] = (await log.drainer.read(0, 1))[0]?.cursor.split(":")[1]?.split("-") ?? [];
    const stale = `${cursor.split(":")[0]}:${Number(ms) + 1_000}-0`;
    expect(await log.drainer.trim({ partition: 0, token: 1, upTo: stale, rooms: [{ room: "r", seq }] })).toBe(true);
    expect((await log.drainer.read(0, 10)).map(({ entry }) => entry?.id)).toEqual(["after"]);
    expect((await log.log.head("r")).storedSeq).toBeLessThan(seq);
  });

  test("a partition that was opened in another run of the server takes nothing before it is opened anew", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const before = await insist(log, "before");
    await until(() =>
      log
        .adapterClients()
        .pub.hset("weir:{p0}:meta", "run", "of another server")
        .then(() => true),
    );
    const after = await insist(log, "after");
    expect(after.seq).toBe(before.seq + 1);
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
  });

  test("an older server that comes back into the place of a newer one does not take the epoch back", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const before = await insist(log, "before");
    await until(() =>
      log
        .adapterClients()
        .pub.hset("weir:{p0}:meta", "epoch", "7")
        .then(() => true),
    );
    await until(() => log.log.head("r"));
    const after = await insist(log, "after");
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
  });

  test("data that vanishes while it runs counts as well", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const before = await insist(log, "before");
    await until(() => log.adapterClients().pub.flushall());
    const after = await insist(log, "after");
    expect(after.seq).toBe(2);
    expect(Number(after.epoch)).toBeGreaterThan(Number(before.epoch));
  });

  test("while the gateways report, appends and heads are refused with a time to wait", async () => {
    const redis = await server();
    const log = await gateway(redis);
    const { pub } = log.adapterClients();
    await until(() => pub.flushall());
    const slow = testRedisLog({ url: redis.url, prefix: "weir:", graceMs: 60_000 });
    open.push({ [Symbol.asyncDispose]: () => slow.stop() });
    void slow.start();
    await until(() => pub.exists("weir:{p0}:meta"));
    const refusals = await Promise.allSettled([log.log.append(message("r", "m")), log.log.head("r")]);
    for (const refusal of refusals) {
      const reason: unknown = refusal.status === "rejected" ? refusal.reason : refusal;
      if (!(reason instanceof ChatError)) throw new Error("not refused", { cause: reason });
      expect(reason.code).toBe("UNAVAILABLE");
      expect(reason.retryAfterMs).toBeGreaterThan(1_000);
    }
    expect(await log.drainer.depth(0)).toMatchObject({ entries: 0 });
  });
});
