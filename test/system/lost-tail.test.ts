import { randomInt } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Position } from "../../src/chat/position.ts";
import { checkRun } from "../harness/checker.ts";
import type { Op, Recorded } from "../harness/checker-journal.ts";
import { Deployment, testSecret } from "../harness/deployment.ts";
import { ChatLoad } from "../harness/load.ts";
import { everyoneAtTheEnd } from "../harness/load-end.ts";
import { type MongoServer, startMongoServer } from "../harness/mongo-server.ts";
import { sized } from "../harness/size.ts";
import { until } from "../harness/until.ts";

let mongo: MongoServer;
beforeAll(async () => {
  mongo = await startMongoServer();
});
afterAll(() => mongo.stop());

type Acked = Extract<Op, { readonly op: "ok" }>;

/** Before the copy, and twice as many until the log goes back to it. */
const sends = sized(500, 1_000);

const rooms = ["team:1", "team:2", "team:3", "team:4"] as const;

test("a log that starts from an older copy overwrites and hides nothing that is stored, and goes on in a new epoch", async () => {
  const database = `lost-tail-${randomInt(1_000_000)}`;
  await using deployment = await Deployment.start({ mongo, database, gateways: 2, flushers: 1 });
  const clients = Array.from({ length: 8 }, (_, i) => ({ id: `user-${i}`, url: deployment.door(i % 2), rooms }));
  // A log that lost its tail has forgotten the ids in it too, so nothing of it is sent again.
  using load = new ChatLoad({ seed: 1, secret: testSecret, clients, ratePerSecond: sized(200, 300), repeatShare: 0 });
  await load.join();

  load.begin();
  await load.reach(sends);
  const copy = await deployment.redis.copyData();
  await load.reach(2 * sends);
  // What a stall of the machine left behind would be lost with the tail.
  await until(async () => (await deployment.lagSeconds()) < 1, { within: 60_000, every: 100 });
  deployment.flushers[0]?.pause();
  const stored = ends(await deployment.history());
  await load.reach(load.acked + 300);
  await deployment.redis.restart({ copy });
  const before = acks(load.ops);
  deployment.flushers[0]?.resume();
  await load.reach(load.acked + 2 * sends);
  await load.finish();
  await deployment.stored();
  const history = await deployment.history();
  await everyoneAtTheEnd(load, history);
  deployment.check();

  const inHistory = new Set([...history.values()].flat().map(({ id }) => id));
  const wasStored = (op: Acked): boolean => op.seq <= (stored.get(op.room)?.seq ?? 0);
  const lost = new Set(before.filter((op) => !wasStored(op) && !inHistory.has(op.id)).map(({ id }) => id));
  expect(lost.size).toBeGreaterThan(0);
  expect(before.filter(wasStored).length).toBeGreaterThan(1.5 * sends);
  const ops = load.ops.map(
    (op): Op => (op.op === "ok" && lost.has(op.id) ? { op: "info", id: op.id, code: "TIMEOUT" } : op),
  );
  expect(checkRun({ ops, history })).toEqual([]);

  const after = acks(load.ops).slice(before.length);
  for (const [room, end] of stored) {
    const fresh = after.filter((op) => op.room === room && op.epoch !== end.epoch);
    expect(fresh.length).toBeGreaterThan(0);
    for (const { epoch, seq } of fresh)
      expect([Number(epoch) > Number(end.epoch), seq > end.seq]).toEqual([true, true]);
    for (const { id } of clients) expect(hasEpoch(load.ops, id, room, fresh[0]?.epoch)).toBe(true);
  }
});

function acks(ops: readonly Op[]): Acked[] {
  return ops.filter((op) => op.op === "ok");
}

/** The last place of each room. */
function ends(history: ReadonlyMap<string, readonly Recorded[]>): Map<string, Position> {
  return new Map([...history].map(([room, entries]) => [room, entries.at(-1) ?? { epoch: "0", seq: 0 }]));
}

/** Whether a client was given entries of this epoch, or its newest page after the break. */
function hasEpoch(ops: readonly Op[], client: string, room: string, epoch: string | undefined): boolean {
  return ops.some((op) => {
    if (op.op !== "deliver" && op.op !== "join") return false;
    const place = op.op === "join" ? op.head : op;
    return op.client === client && op.room === room && place.epoch === epoch;
  });
}
