import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import type { Collection } from "mongodb";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import type { MessageDocument } from "../../src/adapters/mongodb/message-document.ts";
import { MongoConnection } from "../../src/adapters/mongodb/mongo-client.ts";
import { MongoMessageStore } from "../../src/adapters/mongodb/mongo-message-store.ts";
import type { Entry } from "../../src/chat/entry.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { portOf } from "../harness/port-of.ts";
import { until } from "../harness/until.ts";
import { edit, everything, message, react, seqs } from "./message-store-fixtures.ts";

let server: MongoServer;

beforeAll(async () => {
  server = await startMongoServer({ own: true });
});

afterAll(() => server.stop());

function connect(url: string, timeouts: { readTimeoutMs?: number; writeTimeoutMs?: number } = {}): MongoConnection {
  const connection = new MongoConnection({ url, clock: systemClock, ...timeouts });
  onTestFinished(() => connection.close());
  return connection;
}

/** Writes until it is acknowledged, as the flusher does. */
function persist(store: MongoMessageStore, batch: readonly Entry[]): Promise<object> {
  return until(() => store.write(batch), { within: 60_000 });
}

test("while the database is down everything rejects as unavailable, and works again by itself when it is back", async () => {
  await server.kill();
  const connection = connect(server.url("faults-down"));
  const store = new MongoMessageStore(connection);
  const unavailable = { code: "UNAVAILABLE" };
  await Promise.all([
    expect(store.write([message(1)])).rejects.toMatchObject(unavailable),
    expect(store.highest("r")).rejects.toMatchObject(unavailable),
    expect(everything(store)).rejects.toMatchObject(unavailable),
    expect(connection.ping()).rejects.toMatchObject(unavailable),
  ]);
  await server.restart();
  await until(() => connection.ping().then(() => true), { within: 30_000 });
  await persist(store, [message(1)]);
  expect(await everything(store)).toEqual([message(1)]);
});

test("a server that is killed in the middle of batches has every batch that was acknowledged, and a retry completes the rest", async () => {
  const store = new MongoMessageStore(connect(server.url("faults-kill")));
  const batches = Array.from({ length: 60 }, (_, b) => Array.from({ length: 50 }, (__, i) => message(b * 50 + i + 1)));
  let acknowledged = 0;
  const writing = (async () => {
    for (const batch of batches) {
      await persist(store, batch);
      acknowledged += 1;
    }
  })();
  writing.catch(() => undefined);
  for (const mark of [10, 30]) {
    await until(() => acknowledged >= mark, { within: 60_000 });
    await server.kill();
    await server.restart();
  }
  await writing;
  expect(seqs(await everything(store))).toEqual(batches.flat().map(({ seq }) => seq));
});

test("a server that accepts and never answers is given up within the timeout", async () => {
  const sockets = new Set<Socket>();
  const silent = createServer((socket) => void sockets.add(socket));
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    silent.close();
  });
  const connection = connect(`mongodb://127.0.0.1:${portOf(silent)}/x`, { readTimeoutMs: 200, writeTimeoutMs: 300 });
  const store = new MongoMessageStore(connection);
  await expect(store.highest("r")).rejects.toMatchObject({ code: "UNAVAILABLE" });
  await expect(store.write([message(1)])).rejects.toMatchObject({ code: "UNAVAILABLE" });
});

test("an edited text is nowhere in the database but in the latest edit, and the message does not gather its edits", async () => {
  const connection = connect(server.url("faults-edits"));
  const store = new MongoMessageStore(connection);
  const first = message(1, { text: "wrong" });
  for (let seq = 2; seq <= 30; seq++) await store.write([edit(seq, 1, seq === 30 ? "right" : `wrong ${seq}`)]);
  await store.write([first]);
  await store.write([edit(5, 1, "wrong again"), first]);
  const all = await connection.read((messages) => messages.find({}).toArray());
  expect(JSON.stringify(all)).not.toContain("wrong");
  expect(all.find(({ kind }) => kind === "message")?.edits).toEqual([30]);
  await store.write([{ ...edit(50, 1), kind: "delete" }]);
  const [deleted] = await connection.read((messages) => messages.find({ kind: "message" }).toArray());
  expect(deleted?.edits).toEqual([]);
});

test("a message keeps a limited number of reactions, whatever is set and taken back", async () => {
  const connection = connect(server.url("faults-reactions"));
  const store = new MongoMessageStore(connection);
  await store.write([message(1), react(2, 1, { emoji: "kept" })]);
  for (let first = 3; first < 4_003; first += 500) {
    const seqsOfBatch = Array.from({ length: 500 }, (_, i) => first + i);
    await store.write(seqsOfBatch.map((seq) => react(seq, 1, { emoji: `e${seq}`, on: false })));
  }
  const [stored] = await connection.read((messages) => messages.find({ kind: "message" }).toArray());
  expect(Object.keys(stored?.reactions ?? {}).length).toBeLessThanOrEqual(3_500);
  expect((await everything(store))[0]?.reactions).toEqual({ kept: ["bob"] });
});

test("writes wait for a journalled majority, and reads go to the primary", async () => {
  const connection = connect(server.url("faults-options"));
  const options = (messages: Collection<MessageDocument>): Promise<object> => {
    const { readPreference, writeConcern } = messages;
    return Promise.resolve({ mode: readPreference?.mode, w: writeConcern?.w, journal: writeConcern?.journal });
  };
  const wanted = { mode: "primary", w: "majority", journal: true };
  expect(await connection.read(options)).toEqual(wanted);
  expect(await connection.write(options)).toEqual(wanted);
});

/** Lets something happen before one of its writes. */
class Interrupted extends MongoConnection {
  #left: number;
  readonly #before: () => Promise<unknown>;

  constructor(url: string, number: number, before: () => Promise<unknown>) {
    super({ url, clock: systemClock });
    this.#left = number;
    this.#before = before;
  }

  override async write<T>(call: (messages: Collection<MessageDocument>, maxTimeMS: number) => Promise<T>): Promise<T> {
    this.#left -= 1;
    if (this.#left === 0) await this.#before();
    return super.write<T>(call);
  }
}

test("a place that another writer fills between the look and the fill keeps that message, and ours is a conflict", async () => {
  const url = server.url("faults-fill");
  const other = new MongoMessageStore(connect(url));
  await other.hold({ room: "r", epoch: "7", seq: 1, at: 9 });
  const theirs = message(1, { id: "theirs" });
  // Its writes are the insert, the look at the place that was taken, and the fill.
  const connection = new Interrupted(url, 3, () => other.write([theirs]));
  onTestFinished(() => connection.close());
  const refused = await new MongoMessageStore(connection).write([message(1, { id: "ours" })]);
  expect(refused).toMatchObject([{ reason: "conflict", entry: { id: "ours" } }]);
  expect(await everything(other)).toEqual([theirs]);
});

test("the text of a deleted message is nowhere in the database", async () => {
  const connection = connect(server.url("faults-erase"));
  const store = new MongoMessageStore(connection);
  const secret = message(1, { text: "secret", meta: { note: "secret" }, mentions: ["secret"] });
  await store.write([secret, edit(2, 1, "secret"), edit(3, 1, "secret")]);
  await store.write([{ ...edit(4, 1), kind: "delete" }, edit(5, 1, "secret")]);
  await store.write([secret, edit(2, 1, "secret")]);
  await store.write([{ ...edit(8, 6), kind: "delete" }, edit(7, 6, "secret")]);
  await store.write([{ ...secret, seq: 6, id: "m6" }]);
  const all = await connection.read((messages) => messages.find({}).toArray());
  expect(JSON.stringify(all)).not.toContain("secret");
});

test.each(["mongodb://127.0.0.1:1", "mongodb://127.0.0.1:1/", "mongodb://127.0.0.1:1/?w=1"])(
  "a URL without a database is refused in one line: %s",
  (url) => {
    const make = () => new MongoConnection({ url, clock: systemClock });
    expect(make).toThrow(/^the MongoDB URL names no database/);
  },
);
