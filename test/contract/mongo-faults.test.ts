import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { MongoConnection } from "../../src/adapters/mongodb/mongo-client.ts";
import { MongoMessageStore } from "../../src/adapters/mongodb/mongo-message-store.ts";
import type { Entry } from "../../src/chat/entry.ts";
import { systemClock } from "../../src/kernel/clock.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { portOf } from "../harness/port-of.ts";
import { until } from "../harness/until.ts";
import { edit, everything, message, seqs } from "./message-store-fixtures.ts";

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
