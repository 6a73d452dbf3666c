import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { RedisLog } from "../../src/adapters/redis/create-redis-log.ts";
import type { NewEntry } from "../../src/chat/entry.ts";
import type { Appended } from "../../src/write-behind/index.ts";
import { startFaultProxy } from "../harness/fault-proxy.ts";
import { testRedisLog } from "../harness/redis-log.ts";
import { type RedisServer, startRedisServer } from "../harness/redis-server.ts";
import { until } from "../harness/until.ts";
import { message, seqs, span } from "./message-log-fixtures.ts";

let redis: RedisServer;
const open: RedisLog[] = [];
let prefix: string;
beforeAll(async () => {
  redis = await startRedisServer();
});
beforeEach(() => {
  prefix = `test-${randomUUID()}:`;
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((log) => log.stop()));
});
afterAll(() => redis.close());

async function gateway(): Promise<RedisLog> {
  const log = testRedisLog({ url: redis.url, prefix });
  open.push(log);
  await log.start();
  return log;
}

/** Sends of one user without waiting for an answer, a few in each turn of the event loop. */
async function pipeline({ log }: RedisLog, count: number): Promise<Appended[]> {
  const sends: Promise<Appended>[] = [];
  for (const i of span(1, count)) {
    sends.push(log.append(message("r", `m${i}`)));
    if (i % 5 === 0) await nextTurn();
  }
  return Promise.all(sends);
}

/** Does it again and again while `work` goes on. */
async function meanwhile<T>(disturb: () => Promise<unknown>, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  const disturbing = (async () => {
    while (!over.signal.aborted) {
      await disturb();
      await nextTurn();
    }
  })();
  const result = await work.finally(() => over.abort());
  await disturbing;
  return result;
}

describe("the sends of one user keep their order", () => {
  test("while the server forgets its scripts again and again, and another gateway sends them anew", async () => {
    const [ours, theirs] = [await gateway(), await gateway()];
    const { pub } = theirs.adapterClients();
    await until(() => pub.ping());
    let others = 0;
    const disturb = async (): Promise<void> => {
      await pub.script("FLUSH");
      await Promise.all(span(1, 5).map(() => theirs.log.append(message("other", `o${++others}`))));
    };
    const answers = await meanwhile(disturb, pipeline(ours, 2_000));
    expect(seqs(answers)).toEqual(span(1, 2_000));
  });
});

describe("later sends do not overtake those that wait", () => {
  const from = { id: "u" };
  const edit = (target: number): NewEntry => ({ kind: "edit", room: "r", id: "edit", from, target, text: "new" });

  test("when one between them is the retry of a send that was answered", async () => {
    const { log } = await gateway();
    const first = await log.append(message("r", "first", { from }));
    const sends = [
      edit(first.seq),
      message("r", "a", { from }),
      message("r", "first", { from }),
      message("r", "b", { from }),
    ];
    expect(seqs(await Promise.all(sends.map((send) => log.append(send))))).toEqual([2, 3, 1, 4]);
  });

  test("when one between them is refused", async () => {
    const { log } = await gateway();
    const first = await log.append(message("r", "first", { from }));
    const waiting = [edit(first.seq), message("r", "a", { from })].map((send) => log.append(send));
    const refused = log.append(message("r", "first", { from, text: "another" }));
    const last = log.append(message("r", "b", { from }));
    await expect(refused).rejects.toMatchObject({ code: "CONFLICT" });
    expect(seqs(await Promise.all([...waiting, last]))).toEqual([2, 3, 4]);
  });
});

test("sends that are turned back are sent again together, not one after the answer to another", async () => {
  await using link = await startFaultProxy(redis.port);
  const log = testRedisLog({ url: `redis://127.0.0.1:${link.port}`, prefix, commandTimeoutMs: 60_000 });
  open.push(log);
  await log.start();
  await log.log.append(message("r", "first"));
  link.delay(50);
  await redis.ask("SCRIPT FLUSH");
  const startedAt = performance.now();
  const sends: Promise<Appended>[] = [];
  for (const i of span(1, 600)) {
    sends.push(log.log.append(message("r", `m${i}`)));
    // Other calls of the server pace the sends, so that they lie on both sides of the first answer.
    await redis.ask("PING");
  }
  expect(seqs(await Promise.all(sends))).toEqual(span(2, 601));
  // 600 answers, one after the other, would take 60 s.
  expect(performance.now() - startedAt).toBeLessThan(20_000);
});

test("an edit keeps its place before the send that follows it, although it reads first what it changes", async () => {
  const log = await gateway();
  await log.log.append(message("r", "m1"));
  const edit = log.log.append({ kind: "edit", room: "r", id: "e1", from: { id: "ada" }, target: 1, text: "new" });
  const answers = await Promise.all([edit, log.log.append(message("r", "m2")), log.log.append(message("r", "m3"))]);
  expect(seqs(answers)).toEqual([2, 3, 4]);
});

test("a send whose predecessor is refused does not wait for it", async () => {
  const log = testRedisLog({ url: redis.url, prefix, highWatermark: 1 });
  open.push(log);
  await log.start();
  await log.log.append(message("r", "m1"));
  const [first, second] = await Promise.allSettled([
    log.log.append(message("r", "m2")),
    log.log.append(message("r", "m3")),
  ]);
  for (const one of [first, second]) expect(one).toMatchObject({ status: "rejected", reason: { code: "OVERLOADED" } });
});
